// The DPoP proofs that were used, in Redis: one key for each, which ends when no one accepts the proof any more.
import type { Redis } from '@postern/service/redis'

export interface UsedProofs {
  /** Resolves to false if another request has used this proof. Rejects if Redis is unavailable. */
  remember(id: string, seconds: number): Promise<boolean>
}

/** `guard`: the circuit breaker of this Redis, which must not evict keys. */
export const createUsedProofs = (
  redis: Pick<Redis, 'set'>,
  guard: <Result>(work: () => Promise<Result>) => Promise<Result>,
): UsedProofs => ({
  remember: (id, seconds) => guard(async () => (await redis.set(`dpop:${id}`, '1', 'EX', seconds, 'NX')) === 'OK'),
})

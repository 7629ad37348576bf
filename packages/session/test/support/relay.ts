import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { encodeEntry, REVOCATION_STREAM, type StreamEntry, type Revocation } from '../../src/protocol.js'

/** Writes the revocation stream as the service does: an epoch, its active revocations, then checkpoints. */
export interface Relay {
  append(entry: StreamEntry): Promise<string>
  /** The active revocations, appended again at each new epoch. */
  readonly active: Revocation[]
  revoke(revocation: Revocation): Promise<string>
  openEpoch(): Promise<void>
  /** Writes a checkpoint now and every `everyMs` from now on. */
  start(everyMs?: number): Promise<void>
  stop(): void
}

export function createRelay(redis: Redis | Cluster, key: Buffer): Relay {
  let epoch = 0
  let timer: NodeJS.Timeout | undefined
  const active: Revocation[] = []
  const append = async (entry: StreamEntry): Promise<string> =>
    (await redis.xadd(REVOCATION_STREAM, '*', ...encodeEntry(key, entry))) as string
  const checkpoint = () => append({ kind: 'checkpoint', epoch })

  return {
    append,
    active,
    revoke(revocation) {
      active.push(revocation)
      return append({ kind: 'revocation', epoch, revocation })
    },
    async openEpoch() {
      epoch++
      await append({ kind: 'epoch', epoch })
      for (const revocation of active) await append({ kind: 'revocation', epoch, revocation })
    },
    async start(everyMs = 100) {
      await checkpoint()
      clearInterval(timer)
      timer = setInterval(() => void checkpoint().catch(() => {}), everyMs)
    },
    stop: () => clearInterval(timer),
  }
}

export const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds

export const tokenRevocation = (jti: string, exp = inSeconds(900)): Revocation => ({
  v: 1,
  scope: 'token',
  jti,
  sub: randomUUID(),
  exp,
  reason: 'logout',
})

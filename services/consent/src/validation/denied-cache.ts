// Which consents are not valid, in Redis and in this process. Never which are valid: docs/adr/0061-consent.md.
import { type Guard, unguarded } from '@postern/service/breakers'
import { bySlot, type RedisStore } from '@postern/service/redis'
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { InvalidReason } from '../consents/consent.js'

/** What only a grant can change. The other reasons depend on the question, or on the version of the text. */
export type DeniedReason = Extract<InvalidReason, 'NOT_GIVEN' | 'REVOKED' | 'EXPIRED'>

/** A user and a purpose. Neither has a space. */
export const pairOf = (userId: string, purpose: string): string => `${userId} ${purpose}`
export const fromPair = (pair: string): [userId: string, purpose: string] => pair.split(' ', 2) as [string, string]

const keyOf = (pair: string) => `consent_denied:${pair.replace(' ', ':')}`

const VALUES: Readonly<Record<DeniedReason, string>> = { NOT_GIVEN: 'n', REVOKED: 'r', EXPIRED: 'e' }
const REASONS = new Map(Object.entries(VALUES).map(([reason, value]) => [value, reason as DeniedReason]))

/** Not a reason: the database must be asked. It keeps those out who have read before the grant and write after it. */
const ASK = '-'

/** How long ASK stands in the way, and how old a read may be that is still written. */
const ASK_MS = 10_000
const OLDEST_READ_MS = 5000

const FILL = `
  for i, key in ipairs(KEYS) do redis.call('SET', key, ARGV[i + 1], 'NX', 'PX', ARGV[1]) end`

export type DeniedCache = ReturnType<typeof createDeniedCache>

export interface DeniedCacheOptions {
  /** How long Redis has an entry, in milliseconds. Bounds how long a new grant can go unnoticed. */
  readonly ttlMs: number
  /** The same for this process, which no other process can tell of a grant. */
  readonly memoryMs: number
  /** Entries of this process, at most twice as many. */
  readonly size: number
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

/** No failure is reported: what is not cached costs a read. */
export function createDeniedCache(redis: RedisStore, options: DeniedCacheOptions, guard: Guard = unguarded) {
  const { ttlMs, memoryMs, size, now = () => performance.now() } = options
  const known = createTwoGenerations<{ reason: DeniedReason; until: number }>({ size, renew: false })
  /** When this process has last granted it. */
  const granted = createTwoGenerations<number>({ size, renew: false })

  function remember(pair: string, reason: DeniedReason, readAt: number): void {
    if ((granted.get(pair) ?? -Infinity) < readAt) known.set(pair, { reason, until: readAt + memoryMs })
  }

  /** Redis may have missed the grant of this process: an entry from before it lives so long. */
  const isNewlyGranted = (pair: string, at: number) => at - (granted.get(pair) ?? -Infinity) < ttlMs + OLDEST_READ_MS

  async function lookUp(pairs: readonly string[], found: Map<string, DeniedReason>): Promise<void> {
    const readAt = now()
    const values = await guard(() => redis.mget(pairs.map(keyOf)))
    pairs.forEach((pair, i) => {
      const reason = REASONS.get(values[i] ?? ASK)
      if (reason === undefined || isNewlyGranted(pair, readAt)) return
      found.set(pair, reason)
      remember(pair, reason, readAt)
    })
  }

  return {
    /** What this process knows. */
    inMemory(pair: string): DeniedReason | undefined {
      const entry = known.get(pair)
      return entry && entry.until > now() ? entry.reason : undefined
    },

    /** What Redis knows. One command; on a cluster, one for each slot. */
    async find(pairs: readonly string[]): Promise<Map<string, DeniedReason>> {
      const found = new Map<string, DeniedReason>()
      await Promise.all(bySlot(redis, pairs, keyOf).map((some) => lookUp(some, found).catch(() => undefined)))
      return found
    },

    /** What a read has found that was sent at `readAt`, by the clock of `now`. */
    async fill(reasons: ReadonlyMap<string, DeniedReason>, readAt: number): Promise<void> {
      for (const [pair, reason] of reasons) remember(pair, reason, readAt)
      if (reasons.size === 0 || now() - readAt > OLDEST_READ_MS) return
      const written = bySlot(redis, [...reasons.keys()], keyOf).map((some) => {
        const values = some.map((pair) => VALUES[reasons.get(pair) as DeniedReason])
        return guard(() => redis.eval(FILL, some.length, ...some.map(keyOf), ttlMs, ...values))
      })
      await Promise.all(written).catch(() => undefined)
    },

    /** Call it after the commit of a grant. It resolves once Redis has forgotten it, or does not respond. */
    async forget(userId: string, purpose: string): Promise<void> {
      const pair = pairOf(userId, purpose)
      known.delete(pair)
      granted.set(pair, now())
      await guard(() => redis.set(keyOf(pair), ASK, 'PX', ASK_MS)).catch(() => undefined)
    },

    now,
  }
}

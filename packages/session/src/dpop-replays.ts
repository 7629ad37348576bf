// Remembers which DPoP proofs were used, in memory or in Redis.

/** Remembers ids for a while. */
export interface ReplayStore {
  /** Resolves to false if it was called with this id within the last `seconds`. Throws or rejects if it can't know. */
  remember(id: string, seconds: number): boolean | Promise<boolean>
}

/** The part of a client of ioredis that is used. */
export interface RedisSet {
  set(key: string, value: string, unit: 'EX', seconds: number, condition: 'NX'): Promise<unknown>
}

const DEFAULT_MAX = 100_000

/**
 * For a service with one process: two processes do not see each other's proofs. With more than `max` proofs within three
 * minutes (default 100,000, about 150 bytes each), further requests are refused with 503.
 */
export function memoryReplays({
  max = DEFAULT_MAX,
  now = Date.now,
}: { max?: number; now?: () => number } = {}): ReplayStore {
  /** When each id ends, in the order of the calls, which is that of their ends if all have the same life. */
  const ends = new Map<string, number>()
  return {
    remember(id, seconds) {
      const time = now()
      for (const [old, end] of ends) {
        if (end > time) break
        ends.delete(old)
      }
      if ((ends.get(id) ?? 0) > time) return false
      if (ends.size >= max) throw new Error('more DPoP proofs than memoryReplays may remember')
      ends.set(id, time + seconds * 1000)
      return true
    },
  }
}

/**
 * For a service with several processes. The keys start with `dpop:`. While Redis does not answer, requests are refused with
 * 503. Use a server that evicts no keys, and a client that fails soon (`enableOfflineQueue: false`, `commandTimeout`).
 *
 * @example
 * ```ts
 * import { Redis } from 'ioredis'
 * import { createDpop, redisReplays } from '@postern/session/dpop'
 *
 * const redis = new Redis('redis://localhost', { enableOfflineQueue: false, commandTimeout: 500 })
 * export const dpop = createDpop({ urls: ['https://api.example.com'], replays: redisReplays(redis) })
 * ```
 */
export const redisReplays = (redis: RedisSet): ReplayStore => ({
  remember: async (id, seconds) => (await redis.set(`dpop:${id}`, '1', 'EX', seconds, 'NX')) === 'OK',
})

import type { Redis } from '../clients/redis.js'

const key = (canonical: string) => `username_exists:${canonical}`

export type UsernameCache = ReturnType<typeof createUsernameCache>

/**
 * Redis's knowledge of names that are not to be had. It never holds "free", so a lost or late key costs a query and
 * nothing else; every failure here is therefore an answer: "not known".
 */
export function createUsernameCache(redis: Redis, options: { ttl: number }) {
  return {
    /** Those of `names` known to be unavailable. */
    async findUnavailable(names: readonly string[]): Promise<Set<string>> {
      try {
        const values = await redis.mget(names.map(key))
        return new Set(names.filter((_, i) => values[i] != null))
      } catch {
        return new Set()
      }
    },

    /** After the commit that made them unavailable, or a read that found them so. */
    async markUnavailable(names: readonly string[]): Promise<void> {
      await Promise.all(names.map((name) => redis.set(key(name), '1', 'EX', options.ttl))).catch(() => undefined)
    },

    /** After the commit that made it free. */
    async forget(name: string): Promise<void> {
      await redis.del(key(name)).catch(() => undefined)
    },
  }
}

import { bySlot, type RedisStore } from '../../clients/redis.js'
import type { UnavailableName } from './usernames.js'

const key = (canonical: string) => `username_exists:${canonical}`

/** What a key holds: a name that is held says so. */
const [TAKEN, HELD] = ['1', 'held']

/** What an ADMIN protects is no news to any process, and may be free a moment later: it is not kept here. */
export type CachedReason = 'TAKEN' | 'HELD'

export type UsernameCache = ReturnType<typeof createUsernameCache>

/**
 * Redis's knowledge of names that are not to be had. It never holds "free", so a lost or late key costs a query and
 * nothing else; every failure here is therefore an answer: "not known".
 */
export function createUsernameCache(redis: RedisStore, options: { ttl: number }) {
  /** Adds to `found` those of `names` that are there; none when Redis does not answer. */
  async function lookUp(names: readonly string[], found: Map<string, CachedReason>): Promise<void> {
    const [first] = names
    const values =
      names.length === 1 && first !== undefined ? [await redis.get(key(first))] : await redis.mget(names.map(key))
    names.forEach((name, i) => {
      const value = values[i]
      if (value != null) found.set(name, value === HELD ? 'HELD' : 'TAKEN')
    })
  }

  return {
    /** Those of `names` known to be unavailable: one command, on a cluster one for each slot. */
    async findUnavailable(names: readonly string[]): Promise<Map<string, CachedReason>> {
      const found = new Map<string, CachedReason>()
      await Promise.all(bySlot(redis, names, key).map((some) => lookUp(some, found).catch(() => undefined)))
      return found
    },

    /**
     * After the commit that made them unavailable, or a read that found them so. What is held is forgotten when it is
     * free again.
     */
    async markUnavailable(names: ReadonlyMap<string, UnavailableName>, now: Date): Promise<void> {
      const written = bySlot(redis, [...names.keys()], key).map((some) => {
        const commands = redis.pipeline()
        for (const name of some) {
          const { reason, until } = names.get(name) ?? { reason: 'TAKEN', until: null }
          const life = Math.min(options.ttl * 1000, until ? until.getTime() - now.getTime() : Infinity)
          if (reason !== 'RESERVED' && life > 0) commands.set(key(name), reason === 'HELD' ? HELD : TAKEN, 'PX', life)
        }
        return commands.exec()
      })
      await Promise.all(written).catch(() => undefined)
    },

    /** After the commit that made it free. */
    async forget(name: string): Promise<void> {
      await redis.del(key(name)).catch(() => undefined)
    },
  }
}

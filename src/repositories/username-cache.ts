import { bySlot, type RedisStore } from '../clients/redis.js'

const key = (canonical: string) => `username_exists:${canonical}`

export type UsernameCache = ReturnType<typeof createUsernameCache>

/**
 * Redis's knowledge of names that are not to be had. It never holds "free", so a lost or late key costs a query and
 * nothing else; every failure here is therefore an answer: "not known".
 */
export function createUsernameCache(redis: RedisStore, options: { ttl: number }) {
  /** Adds to `found` those of `names` that are there; none when Redis does not answer. */
  async function lookUp(names: readonly string[], found: Set<string>): Promise<void> {
    const [first] = names
    if (names.length === 1 && first !== undefined) {
      if ((await redis.get(key(first))) !== null) found.add(first)
      return
    }
    const values = await redis.mget(names.map(key))
    names.forEach((name, i) => {
      if (values[i] !== null) found.add(name)
    })
  }

  return {
    /** Those of `names` known to be unavailable: one command, on a cluster one for each slot. */
    async findUnavailable(names: readonly string[]): Promise<Set<string>> {
      const found = new Set<string>()
      await Promise.all(bySlot(redis, names, key).map((some) => lookUp(some, found).catch(() => undefined)))
      return found
    },

    /** After the commit that made them unavailable, or a read that found them so. */
    async markUnavailable(names: readonly string[]): Promise<void> {
      const written = bySlot(redis, names, key).map((some) => {
        const commands = redis.pipeline()
        for (const name of some) commands.set(key(name), '1', 'EX', options.ttl)
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

import { bySlot, type RedisStore } from '../clients/redis.js'

const PREFIX = 'username_exists:'
const key = (canonical: string) => PREFIX + canonical

export type UsernameCache = ReturnType<typeof createUsernameCache>

/**
 * Redis's knowledge of names that are not to be had. It never holds "free", so a lost or late key costs a query and
 * nothing else; every failure here is therefore an answer: "not known".
 */
export function createUsernameCache(redis: RedisStore, options: { ttl: number }) {
  async function present(keys: readonly string[]): Promise<readonly string[]> {
    const [first] = keys
    if (keys.length === 1 && first !== undefined) return (await redis.get(first)) === null ? [] : keys
    const values = await redis.mget(...keys)
    return keys.filter((_, i) => values[i] !== null)
  }

  return {
    /** Those of `names` known to be unavailable. */
    async findUnavailable(names: readonly string[]): Promise<Set<string>> {
      const asked = bySlot(redis, names.map(key)).map((keys) => present(keys).catch(() => []))
      return new Set((await Promise.all(asked)).flat().map((found) => found.slice(PREFIX.length)))
    },

    /** After the commit that made them unavailable, or a read that found them so. */
    async markUnavailable(names: readonly string[]): Promise<void> {
      const written = bySlot(redis, names.map(key)).map((keys) => {
        const commands = redis.pipeline()
        for (const name of keys) commands.set(name, '1', 'EX', options.ttl)
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

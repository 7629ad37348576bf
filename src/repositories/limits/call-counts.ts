// The counts of calls in Redis: one key for each limit and caller, which ends with its period.
import type { CallLimit } from '@postern/service/call-windows'
import type { Redis } from '@postern/service/redis'
import { defineScript } from '@postern/service/redis-script'

export interface CallCounts {
  /** Counts one call unless a limit refuses it. Returns how many milliseconds until it can succeed: 0 if it was counted. */
  count(key: string, limits: readonly CallLimit[]): Promise<number>
}

// Atomic: parallel calls are counted one after the other, and a refused one counts for none of the limits.
const COUNT = `
  local wait = 0
  for i, key in ipairs(KEYS) do
    if tonumber(redis.call('GET', key) or 0) >= tonumber(ARGV[2 * i - 1]) then
      wait = math.max(wait, redis.call('PTTL', key), 1)
    end
  end
  if wait > 0 then return wait end
  for i, key in ipairs(KEYS) do
    if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, ARGV[2 * i]) end
  end
  return 0`

/** Rejects if Redis is unavailable. */
export function createCallCountRepository(redis: Redis): CallCounts {
  const count = defineScript(redis, 'countCall', COUNT)
  return {
    async count(key, limits) {
      const keys = limits.map(({ seconds }) => `limits:calls:${seconds}:${key}`)
      const rules = limits.flatMap(({ limit, seconds }) => [limit, seconds * 1000])
      return Number(await count(keys, rules))
    },
  }
}

// How many notifications a sender may send a minute: in Redis, over all processes, or in this process while Redis is unavailable.
import { ServiceError } from '@postern/service/errors'
import type { Caller } from '@postern/service/callers/caller'
import type { RedisStore } from '@postern/service/redis'
import { createFallback } from '@postern/service/redis-or-process'
import type { Category } from '../channels/channel.js'

const WINDOW_SECONDS = 60

export interface SenderLimits {
  /** Throws RATE_LIMITED. */
  count: (kind: Caller['kind'], sender: string, category: Category) => Promise<void>
}

/** `perMinute`: 0 is no limit. Security notices of services have none: whoever sends them must not lose one because of others. */
export function createSenderLimits(redis: RedisStore, perMinute: number, now: () => number = Date.now): SenderLimits {
  const fallback = createFallback()
  let minute = 0
  let counts = new Map<string, number>()

  async function inRedis(sender: string, window: number): Promise<number> {
    const key = `postern:notification:sender:${sender}:${window}`
    const count = await redis.incr(key)
    if (count === 1) await redis.expire(key, 2 * WINDOW_SECONDS)
    return count
  }

  function inProcess(sender: string, window: number): Promise<number> {
    if (window !== minute) counts = new Map()
    minute = window
    const count = (counts.get(sender) ?? 0) + 1
    counts.set(sender, count)
    return Promise.resolve(count)
  }

  return {
    async count(kind, sender, category) {
      if (perMinute === 0 || (kind === 'service' && category === 'SECURITY')) return
      const seconds = now() / 1000
      const window = Math.floor(seconds / WINDOW_SECONDS)
      const { result } = await fallback(
        () => inRedis(sender, window),
        () => inProcess(sender, window),
      )
      if (result <= perMinute) return
      const retryAfter = Math.max(1, Math.ceil((window + 1) * WINDOW_SECONDS - seconds))
      throw new ServiceError('RATE_LIMITED', { message: 'This sender has sent too many notifications.', retryAfter })
    },
  }
}

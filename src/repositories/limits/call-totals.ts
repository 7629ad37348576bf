// The sums of calls that processes have counted on their own, in Redis.
import type { Redis } from '@postern/service/redis'

/** Calls that this process has counted since it last added some for the same key. */
export interface CallCount {
  key: string
  calls: number
  /** When the period ends, in milliseconds since 1970. */
  endsAt: number
}

export interface CallTotals {
  /** Adds the calls of this process. Returns those of all processes, in the same order. */
  add(counts: readonly CallCount[]): Promise<number[]>
}

/** Rejects if Redis is unavailable. */
export const createCallTotalRepository = (redis: Redis): CallTotals => ({
  async add(counts) {
    const pipeline = redis.pipeline()
    for (const { key, calls, endsAt } of counts)
      pipeline.incrby(`limits:totals:${key}`, calls).pexpireat(`limits:totals:${key}`, endsAt)
    const answers = (await pipeline.exec()) ?? []
    return counts.map((_, i) => {
      const [error, total] = answers[i * 2] ?? [new Error('Redis has not answered')]
      if (error) throw error
      return Number(total)
    })
  },
})

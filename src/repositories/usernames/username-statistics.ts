// Username statistics: what all processes have counted, in Redis, and the counts of owned and held usernames.
import { ServiceError } from '@postern/service/errors'
import type { RedisStore } from '@postern/service/redis'
import { type Guard, unguarded } from '@postern/service/breakers'
import type { Read } from '@postern/service/database/reads'
import { IS_RELEASED } from './states.js'

/** The braces keep all keys on one node of a cluster. */
const COUNTS = '{username_statistics}:counts'
const REFUSED = '{username_statistics}:refused'
const deliveryKey = (id: string) => `{username_statistics}:delivered:${id}`

/** Refused usernames kept; the least often refused are dropped first. */
const MAX_REFUSED = 10_000

/** How long Redis recognizes a repeated delivery. */
const DELIVERY_SECONDS = 60

/** Counts a delivery once, however often it arrives: Redis may have counted one that it did not confirm. */
const ADD = `
  if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ${DELIVERY_SECONDS}) then return end
  redis.call('HSETNX', KEYS[1], 'since', ARGV[1])
  local counted = cjson.decode(ARGV[2])
  for _, tier in ipairs(counted.tiers) do redis.call('HINCRBY', KEYS[1], tier[1], tier[2]) end
  for _, username in ipairs(counted.refused) do redis.call('ZINCRBY', KEYS[2], username[2], username[1]) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, ${-1 - MAX_REFUSED})`

export interface Counted {
  /** Checks by the tier that answered. */
  tiers: ReadonlyMap<string, number>
  /** Refusals by canonical username. */
  refused: ReadonlyMap<string, number>
}

export type Delivery = Counted & { id: string }

export type UsernameStatisticsRepository = ReturnType<typeof createUsernameStatisticsRepository>

/** The counts of checks exist only in Redis: losing it loses statistics and nothing else. */
export function createUsernameStatisticsRepository(redis: RedisStore, read: Read, guard: Guard = unguarded) {
  return {
    /** Counts a delivery, each `id` once. Rejects if Redis doesn't confirm it, though it may have counted it. */
    async add({ id, tiers, refused }: Delivery, now: Date): Promise<void> {
      const counted = JSON.stringify({ tiers: [...tiers], refused: [...refused] })
      await guard(() => redis.eval(ADD, 3, COUNTS, REFUSED, deliveryKey(id), now.getTime(), counted))
    },

    /** With the `limit` usernames refused most often, in that order. Throws SERVICE_UNAVAILABLE if Redis is unavailable. */
    async checks(limit: number): Promise<Counted & { since: Date | null }> {
      const [counts, refused] = await guard(() =>
        Promise.all([redis.hgetall(COUNTS), redis.zrevrange(REFUSED, 0, limit - 1, 'WITHSCORES')]),
      ).catch((cause: unknown) => {
        const message = 'The statistics are in Redis, which is unavailable. Try again in a moment.'
        const retryAfter = cause instanceof ServiceError ? cause.retryAfter : undefined
        throw new ServiceError('SERVICE_UNAVAILABLE', {
          message,
          cause,
          ...(retryAfter !== undefined && { retryAfter }),
        })
      })
      const { since, ...tiers } = counts
      return {
        since: since === undefined ? null : new Date(Number(since)),
        tiers: new Map(Object.entries(tiers).map(([tier, times]) => [tier, Number(times)])),
        refused: new Map(refused.flatMap((username, i) => (i % 2 ? [] : [[username, Number(refused[i + 1])]]))),
      }
    },

    /** Reads one index entry per username. */
    async countUsernames(now: Date): Promise<{ owned: number; held: number }> {
      const [row] = await read<{ owned: string | null; held: string | null }>(
        `SELECT SUM(state = 'OWNED') AS owned, SUM(${IS_RELEASED} AND held_until > ?) AS held
         FROM usernames FORCE INDEX (usernames_protected_at)`,
        [now],
      )
      return { owned: Number(row?.owned ?? 0), held: Number(row?.held ?? 0) }
    },
  }
}

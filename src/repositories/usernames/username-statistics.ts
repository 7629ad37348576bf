import type { RedisStore } from '../../clients/redis.js'
import { AuthError } from '../../platform/errors.js'
import type { Read } from '../database/reads.js'
import { IS_RELEASED } from './states.js'

/** The braces keep all on one node of a cluster. */
const COUNTS = '{username_statistics}:counts'
const REFUSED = '{username_statistics}:refused'
const delivered = (id: string) => `{username_statistics}:delivered:${id}`

/** Names that are kept; those refused least often are dropped first. */
const KEPT = 10_000

/** Seconds for which a delivery is known. */
const REMEMBERED = 60

/** Counts a delivery once, however often it arrives: an unanswered one may have been counted. */
const ADD = `
  if not redis.call('SET', KEYS[3], '1', 'NX', 'EX', ${REMEMBERED}) then return end
  redis.call('HSETNX', KEYS[1], 'since', ARGV[1])
  local counted = cjson.decode(ARGV[2])
  for _, tier in ipairs(counted.tiers) do redis.call('HINCRBY', KEYS[1], tier[1], tier[2]) end
  for _, name in ipairs(counted.refused) do redis.call('ZINCRBY', KEYS[2], name[2], name[1]) end
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, ${-1 - KEPT})`

export interface Counted {
  /** Answers, by who knew them. */
  tiers: ReadonlyMap<string, number>
  refused: ReadonlyMap<string, number>
}

export type Delivery = Counted & { id: string }

export type UsernameStatisticsRepository = ReturnType<typeof createUsernameStatisticsRepository>

/** What all processes have counted lives in Redis alone: losing it loses statistics and nothing else. */
export function createUsernameStatisticsRepository(redis: RedisStore, read: Read) {
  return {
    /** Rejects when Redis does not answer; it may have counted all the same. The same `id` is not counted again. */
    async add({ id, tiers, refused }: Delivery, now: Date): Promise<void> {
      const counted = JSON.stringify({ tiers: [...tiers], refused: [...refused] })
      await redis.eval(ADD, 3, COUNTS, REFUSED, delivered(id), now.getTime(), counted)
    },

    /** The `limit` names refused most often first. Throws SERVICE_UNAVAILABLE when Redis is away. */
    async checks(limit: number): Promise<Counted & { since: Date | null }> {
      const [counts, refused] = await Promise.all([
        redis.hgetall(COUNTS),
        redis.zrevrange(REFUSED, 0, limit - 1, 'WITHSCORES'),
      ]).catch((cause: unknown) => {
        const message = 'Redis, where the statistics are, does not answer. Try again in a moment.'
        throw new AuthError('SERVICE_UNAVAILABLE', { message, cause })
      })
      const { since, ...tiers } = counts
      return {
        since: since === undefined ? null : new Date(Number(since)),
        tiers: new Map(Object.entries(tiers).map(([tier, times]) => [tier, Number(times)])),
        refused: new Map(refused.flatMap((name, i) => (i % 2 ? [] : [[name, Number(refused[i + 1])]]))),
      }
    },

    /** How many names somebody has, and how many are held for their last owners. Reads an entry of an index for each name. */
    async names(now: Date): Promise<{ owned: number; held: number }> {
      const [row] = await read<{ owned: string | null; held: string | null }>(
        `SELECT SUM(state = 'OWNED') AS owned, SUM(${IS_RELEASED} AND held_until > ?) AS held
         FROM usernames FORCE INDEX (usernames_protected_at)`,
        [now],
      )
      return { owned: Number(row?.owned ?? 0), held: Number(row?.held ?? 0) }
    },
  }
}

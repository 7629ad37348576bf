// The login attempts in Redis: how many have failed or are in progress, and until when a key is locked.
import { randomUUID } from 'node:crypto'
import type { Redis } from '@postern/service/redis'
import { defineScript } from '@postern/service/redis-script'

/** When to lock, and for how long: `locksMs` has the first lock, the second, and so on; the last one repeats. */
export interface LockRule {
  failures: number
  locksMs: readonly number[]
  /** How long failures count, from the first one. */
  failuresKeptMs: number
  /** How long the number of locks counts, from the end of the last one. */
  locksKeptMs: number
  /** An attempt that is undecided for so long counts as failed: its process has died, or could not report. */
  undecidedMs: number
}

/** An attempt that may be made; or how long none may be made; or that others must be decided first. */
export type Reservation = { id: string } | { lockedMs: number } | 'full'

/** Counts attempts that fail, and those in progress: together never more than the rule has. */
export interface AttemptStore {
  reserve(key: string, rule: LockRule, now: number): Promise<Reservation>
  /** The attempt has failed. If it was the last one of the rule, starts a lock, and resolves to its length. Otherwise to 0. */
  fail(key: string, id: string, rule: LockRule, now: number): Promise<number>
  /** The attempt did not fail. */
  giveBack(key: string, id: string): Promise<void>
  /** The attempt succeeded: forgets all failures and locks. Other attempts stay in progress. */
  forget(key: string, id: string): Promise<void>
  /** When the last lock ends or has ended. 0: there is none. */
  lockedUntil(key: string): Promise<number>
}

// KEYS: the failures and locks (a hash), and the attempts in progress (a sorted set, by the time at which they lapse).
// Each script is atomic, so that parallel attempts get exactly as many reservations as the rule has.
const RULE = `
  local now, id, limit = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
  local failuresKept, locksKept, undecided = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
  local function fail(count, at)
    local known = redis.call('HMGET', KEYS[1], 'failures', 'locks', 'until')
    local failures, locks = tonumber(known[1] or 0), tonumber(known[2] or 0)
    local lockedUntil, ttl = tonumber(known[3] or 0), not known[1] and failuresKept or 0
    if lockedUntil > 0 and lockedUntil <= at then failures, lockedUntil = 0, 0 end
    failures = failures + count
    if failures >= limit then
      locks = locks + 1
      local duration = tonumber(ARGV[math.min(6 + locks, #ARGV)])
      lockedUntil = at + duration
      ttl = duration + locksKept
    end
    redis.call('HSET', KEYS[1], 'failures', failures, 'locks', locks, 'until', string.format('%.0f', lockedUntil))
    if ttl > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl)) end
    return math.max(0, lockedUntil - at)
  end`

const RESERVE = `
  ${RULE}
  local last = redis.call('ZREVRANGEBYSCORE', KEYS[2], now, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)[2]
  if last then fail(redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now), tonumber(last)) end
  local known = redis.call('HMGET', KEYS[1], 'failures', 'until')
  local failures, lockedUntil = tonumber(known[1] or 0), tonumber(known[2] or 0)
  if lockedUntil > now then return lockedUntil - now end
  if lockedUntil > 0 then failures = 0 end
  if failures + redis.call('ZCARD', KEYS[2]) >= limit then return -1 end
  redis.call('ZADD', KEYS[2], string.format('%.0f', now + undecided), id)
  redis.call('PEXPIRE', KEYS[2], failuresKept)
  return 0`

// An attempt that has lapsed counts already.
const DECIDE_FAILED = `
  ${RULE}
  if redis.call('ZREM', KEYS[2], id) == 1 then return fail(1, now) end
  return 0`

/** Every method rejects if Redis is unavailable. */
export function createLoginAttemptRepository(redis: Redis): AttemptStore {
  const reserve = defineScript(redis, 'reserveAttempt', RESERVE)
  const decideFailed = defineScript(redis, 'decideFailedAttempt', DECIDE_FAILED)
  const keysOf = (key: string) => [`limits:login:${key}`, `limits:attempts:${key}`] as const
  const argumentsOf = (id: string, rule: LockRule, now: number) => {
    const { failures, locksMs, failuresKeptMs, locksKeptMs, undecidedMs } = rule
    return [now, id, failures, failuresKeptMs, locksKeptMs, undecidedMs, ...locksMs]
  }
  return {
    async reserve(key, rule, now) {
      const id = randomUUID()
      const answer = Number(await reserve(keysOf(key), argumentsOf(id, rule, now)))
      if (answer === 0) return { id }
      return answer < 0 ? 'full' : { lockedMs: answer }
    },

    async fail(key, id, rule, now) {
      return Number(await decideFailed(keysOf(key), argumentsOf(id, rule, now)))
    },

    async giveBack(key, id) {
      await redis.zrem(keysOf(key)[1], id)
    },

    async forget(key, id) {
      const [counts, attempts] = keysOf(key)
      await redis.multi().del(counts).zrem(attempts, id).exec()
    },

    async lockedUntil(key) {
      return Number((await redis.hget(keysOf(key)[0], 'until')) ?? 0)
    },
  }
}

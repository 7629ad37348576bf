// The login attempts in Redis: how many have failed, and until when a key is locked.
import type { Redis } from '../../clients/redis.js'

/** When to lock, and for how long: `locksMs` has the first lock, the second, and so on; the last one repeats. */
export interface LockRule {
  failures: number
  locksMs: readonly number[]
  /** How long failures count, from the first one. */
  failuresKeptMs: number
  /** How long the number of locks counts, from the end of the last one. */
  locksKeptMs: number
}

/** An attempt that may be made, or how long none may be made. `round`: how many locks there were before it. */
export type Reservation = { round: number } | { lockedMs: number }

/** Counts attempts that fail. Each counts from its reservation on, as if it had failed. */
export interface AttemptStore {
  reserve(key: string, rule: LockRule, now: number): Promise<Reservation>
  /** Undoes a reservation: the attempt did not fail. Ends the lock if this attempt has started it. */
  giveBack(key: string, round: number): Promise<void>
  /** Forgets everything about the key. */
  forget(key: string): Promise<void>
}

// Each script is atomic, so that parallel attempts get exactly as many reservations as the rule has.
const RESERVE = `
  local now, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
  local known = redis.call('HMGET', KEYS[1], 'failures', 'locks', 'until')
  local failures, locks, lockedUntil = tonumber(known[1] or 0), tonumber(known[2] or 0), tonumber(known[3] or 0)
  if lockedUntil > now then return {0, lockedUntil - now} end
  if lockedUntil > 0 then failures, lockedUntil = 0, 0 end
  local round = locks
  failures = failures + 1
  local ttl = not known[1] and tonumber(ARGV[3]) or 0
  if failures >= limit then
    locks = locks + 1
    local duration = tonumber(ARGV[math.min(4 + locks, #ARGV)])
    lockedUntil = now + duration
    ttl = duration + tonumber(ARGV[4])
  end
  redis.call('HSET', KEYS[1], 'failures', failures, 'locks', locks, 'until', string.format('%.0f', lockedUntil))
  if ttl > 0 then redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ttl)) end
  return {1, round}`

const GIVE_BACK = `
  local known = redis.call('HMGET', KEYS[1], 'failures', 'locks', 'until')
  if not known[1] then return end
  local round, failures, locks = tonumber(ARGV[1]), tonumber(known[1]), tonumber(known[2])
  local isLocked = tonumber(known[3]) > 0
  if locks - (isLocked and 1 or 0) ~= round or failures == 0 then return end
  if failures == 1 and round == 0 then return redis.call('DEL', KEYS[1]) end
  redis.call('HSET', KEYS[1], 'failures', failures - 1, 'locks', round, 'until', 0)`

/** Every method rejects if Redis is unavailable. */
export function createLoginAttemptRepository(redis: Redis): AttemptStore {
  const keyOf = (key: string) => `limits:login:${key}`
  return {
    async reserve(key, { failures, locksMs, failuresKeptMs, locksKeptMs }, now) {
      const rule = [failures, failuresKeptMs, locksKeptMs, ...locksMs]
      const [isReserved, value] = (await redis.eval(RESERVE, 1, keyOf(key), now, ...rule)) as [number, number]
      return isReserved === 1 ? { round: value } : { lockedMs: value }
    },

    async giveBack(key, round) {
      await redis.eval(GIVE_BACK, 1, keyOf(key), round)
    },

    async forget(key) {
      await redis.del(keyOf(key))
    },
  }
}

import type { UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { UsernameRepository } from '../../repositories/usernames/usernames.js'
import type { Clock } from '../../platform/clock.js'

/** The share of its life in the cache after which a name is written again. */
const RENEWAL = 0.8

/**
 * Keeps the names that are not to be had in the cache, although nobody has asked for them: most people ask for a name
 * that nobody has asked for lately, and those would all reach MySQL. Goes through the table by its key, again and again,
 * so that each name is written before it expires; `perStep` names at most a step, `stepsPerSecond` times a second.
 * `ttl` in seconds.
 */
export function createUsernameWarming({
  usernames,
  cache,
  clock,
  pace: { ttl, perStep, stepsPerSecond },
}: {
  usernames: UsernameRepository
  cache: UsernameCache
  clock: Clock
  pace: { ttl: number; perStep: number; stepsPerSecond: number }
}) {
  let after = ''
  let thisTurn = 0
  /** How many names there were the last time that the end was reached. */
  let lastTurn = Infinity

  return async function step(): Promise<void> {
    const steps = RENEWAL * ttl * stepsPerSecond
    const size = Math.min(perStep, Math.max(1, Math.ceil(lastTurn / steps)))
    const now = clock()
    const { unavailable, seen, last } = await usernames.scan(after, size, now)
    thisTurn += seen
    after = last ?? ''
    if (last === null) {
      lastTurn = thisTurn
      thisTurn = 0
    }
    if (unavailable.size > 0) await cache.markUnavailable(unavailable, now)
  }
}

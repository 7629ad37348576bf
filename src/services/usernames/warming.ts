// Loads unavailable usernames into Redis ahead of the first check.
import type { Clock } from '@postern/service/clock'
import type { UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { UsernameRepository } from '../../repositories/usernames/usernames.js'

/** The share of its life in the cache after which a username is written again. */
const RENEWAL = 0.8

/**
 * Most checks are about a username that was not checked lately, so without warming they would all reach MySQL. Each step
 * reads the next usernames in order of the primary key and writes them, at most `perStep`, `stepsPerSecond` times per
 * second; at the end it starts again, so that each username is written before it expires. `ttl` in seconds.
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
  let seenThisRound = 0
  /** How many usernames the last complete round had. */
  let roundSize = Infinity

  return async function step(): Promise<void> {
    const stepsPerRound = RENEWAL * ttl * stepsPerSecond
    const limit = Math.min(perStep, Math.max(1, Math.ceil(roundSize / stepsPerRound)))
    const now = clock()
    const { unavailable, seen, last } = await usernames.scan(after, limit, now)
    seenThisRound += seen
    after = last ?? ''
    if (last === null) {
      roundSize = seenThisRound
      seenThisRound = 0
    }
    if (unavailable.size > 0) await cache.markUnavailable(unavailable, now)
  }
}

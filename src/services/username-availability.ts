import type { UsernameCache } from '../repositories/username-cache.js'
import type { UsernameRepository } from '../repositories/usernames.js'
import { canonicalUsername, USERNAME_PROBLEM_MESSAGES, usernameProblem, type UsernameProblem } from '../schema/rules.js'
import { inBatches } from './batches.js'
import type { Clock } from './clock.js'
import type { UnavailableNames } from './unavailable-names.js'

export type UnavailableReason = UsernameProblem | 'RESERVED' | 'TAKEN'

export interface UsernameAvailability {
  available: boolean
  username: string
  reason: UnavailableReason | null
  message: string
}

const MESSAGES: Record<UnavailableReason, string> = {
  ...USERNAME_PROBLEM_MESSAGES,
  RESERVED: 'This username is reserved.',
  TAKEN: 'This username is taken.',
}

/** Who knew the answer: the rules, the memory of this process, the cache, or the database. */
export type Tier = 'rules' | 'memory' | 'redis' | 'mysql'

/** Code points of a name echoed. */
const ECHO = 64

/** One MGET a turn: Redis answers in the order it was asked, so nothing is won by holding one back. */
const CACHE_BATCHES = { size: 512, inFlight: Infinity }

/** As many statements at a time as the pool of app.ts has connections. */
export const STORE_BATCHES = { size: 512, inFlight: 2 }

export type UsernameAvailabilityService = ReturnType<typeof createUsernameAvailability>

/**
 * Says whether a name is free. The cache and the memory of this process hold only names that are not; "free" is always
 * a fresh read of the primary (docs/adr/0003). All that ask in one turn of the event loop share one statement, and none
 * joins a statement that has been sent: a check that starts after a claim was answered therefore sees the claim.
 */
export function createUsernameAvailability({
  usernames,
  cache,
  remembered,
  isReserved,
  clock,
  onChecked,
}: {
  usernames: UsernameRepository
  cache: UsernameCache
  /** Null where a name may be free again a moment after it was found taken. */
  remembered: UnavailableNames | null
  isReserved: (canonical: string) => boolean
  clock: Clock
  onChecked: (tier: Tier, isAvailable: boolean) => void
}) {
  const isCached = inBatches((names) => cache.findUnavailable(names), CACHE_BATCHES)
  const isStored = inBatches(async (names) => {
    const unavailable = await usernames.findUnavailable(names, clock())
    if (unavailable.size > 0) void cache.markUnavailable([...unavailable])
    return unavailable
  }, STORE_BATCHES)

  async function isUnavailable(name: string): Promise<boolean> {
    if (remembered?.has(name)) return known('memory')
    if (await isCached(name)) {
      remembered?.add(name)
      return known('redis')
    }
    const isTaken = await isStored(name)
    if (isTaken) remembered?.add(name)
    onChecked('mysql', !isTaken)
    return isTaken
  }

  function known(tier: Tier): true {
    onChecked(tier, false)
    return true
  }

  /** What can be said without asking anybody. */
  function ruledOut(username: string, name: string): UnavailableReason | null {
    const reason = usernameProblem(username) ?? (isReserved(name) ? 'RESERVED' : null)
    if (reason !== null) onChecked('rules', false)
    return reason
  }

  return {
    /** Throws SERVICE_UNAVAILABLE when MySQL is away; any string is answered. */
    async check(username: string): Promise<UsernameAvailability> {
      const name = canonicalUsername(username)
      const reason = ruledOut(username, name) ?? ((await isUnavailable(name)) ? 'TAKEN' : null)
      return {
        available: reason === null,
        username: echo(username),
        reason,
        message: reason === null ? 'This username is available.' : MESSAGES[reason],
      }
    },

    /** A fresh read that asks no cache: an early refusal before the work of a claim. The claim's key decides. */
    isTaken: (canonical: string): Promise<boolean> => isStored(canonical),
  }
}

function echo(username: string): string {
  if (username.length <= ECHO) return username
  // Cut in units first: spreading a string of megabytes for 64 characters would be a gift to an attacker.
  return [...username.slice(0, 2 * ECHO)].slice(0, ECHO).join('')
}

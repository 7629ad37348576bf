import DataLoader from 'dataloader'
import type { UsernameCache } from '../repositories/username-cache.js'
import type { UsernameRepository } from '../repositories/usernames.js'
import { canonicalUsername, USERNAME_PROBLEM_MESSAGES, usernameProblem, type UsernameProblem } from '../schema/rules.js'
import type { Clock } from './clock.js'

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

/** The most names in one statement, and code points of a name echoed. */
const BATCH = 512
const ECHO = 64

export type UsernameAvailabilityService = ReturnType<typeof createUsernameAvailability>

/**
 * Says whether a name is free. The cache holds only names that are not; "free" is always a fresh read of the primary
 * (docs/adr/0003). All that ask in one turn of the event loop share one statement, and none joins a statement that has
 * been sent: a check that starts after a claim was answered therefore sees the claim.
 */
export function createUsernameAvailability({
  usernames,
  cache,
  isReserved,
  clock,
}: {
  usernames: UsernameRepository
  cache: UsernameCache
  isReserved: (canonical: string) => boolean
  clock: Clock
}) {
  const inOneTurn = (find: (names: readonly string[]) => Promise<Set<string>>) =>
    new DataLoader<string, boolean>(
      async (names) => {
        const found = await find([...new Set(names)])
        return names.map((name) => found.has(name))
      },
      { cache: false, maxBatchSize: BATCH, batchScheduleFn: (send) => setImmediate(send) },
    )

  const cached = inOneTurn((names) => cache.findUnavailable(names))
  const stored = inOneTurn(async (names) => {
    const unavailable = await usernames.findUnavailable(names, clock())
    if (unavailable.size > 0) void cache.markUnavailable([...unavailable])
    return unavailable
  })

  async function unavailableReason(username: string): Promise<UnavailableReason | null> {
    const problem = usernameProblem(username)
    if (problem) return problem
    const name = canonicalUsername(username)
    if (isReserved(name)) return 'RESERVED'
    return (await cached.load(name)) || (await stored.load(name)) ? 'TAKEN' : null
  }

  return {
    /** Throws SERVICE_UNAVAILABLE when MySQL is away; any string is answered. */
    async check(username: string): Promise<UsernameAvailability> {
      const reason = await unavailableReason(username)
      return {
        available: reason === null,
        // Cut in units first: spreading a string of megabytes for 64 characters would be a gift to an attacker.
        username: [...username.slice(0, 2 * ECHO)].slice(0, ECHO).join(''),
        reason,
        message: reason === null ? 'This username is available.' : MESSAGES[reason],
      }
    },

    /** A fresh read that asks no cache: an early refusal before the work of a claim. The claim's key decides. */
    isTaken: (canonical: string): Promise<boolean> => stored.load(canonical),
  }
}

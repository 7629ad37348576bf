import { AuthError, invalidField } from '../../platform/errors.js'
import type { ProtectedUsernameRepository } from '../../repositories/usernames/protected-usernames.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { USERNAME_PROBLEM_MESSAGES, canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import type { Clock } from '../../platform/clock.js'
import { skeletonOf } from './skeleton.js'

/** Milliseconds after which no name is given away by what this process remembers. */
const MAX_AGE = 4000

export type ProtectedUsernames = ReturnType<typeof createProtectedUsernames>

/**
 * The names that ADMINs protect, and a copy of them in this process: whether a name looks like one of them is asked at
 * every check. `now` in milliseconds, from a clock that never goes back.
 */
export function createProtectedUsernames({
  names,
  transactions,
  clock,
  now,
}: {
  names: ProtectedUsernameRepository
  transactions: Transactions
  clock: Clock
  now: () => number
}) {
  let copy = { names: new Set<string>(), skeletons: new Set<string>(), asOf: -Infinity }
  let underWay: Promise<void> | null = null

  /** Whether the copy may still decide that a name is free. */
  const isCurrent = (): boolean => now() - copy.asOf < MAX_AGE

  /** Throws SERVICE_UNAVAILABLE when MySQL is away. */
  async function refresh(): Promise<void> {
    const asOf = now()
    const all = await names.listAll()
    // Of two at once, the one that asked last knows more, whichever is answered first.
    if (asOf > copy.asOf) copy = { names: new Set(all), skeletons: new Set(all.map(skeletonOf)), asOf }
  }

  /** One reading for all that wait for it. Throws SERVICE_UNAVAILABLE when MySQL is away, or too slow to be believed. */
  async function bringUpToDate(): Promise<void> {
    // Twice: the first may have been under way for long when it was joined.
    for (let attempt = 1; !isCurrent(); attempt++) {
      if (attempt > 2) throw new AuthError('SERVICE_UNAVAILABLE')
      underWay ??= refresh().finally(() => {
        underWay = null
      })
      await underWay
    }
  }

  /** Throws INVALID_INPUT. */
  function canonicalOf(username: string): string {
    const problem = usernameProblem(username)
    if (problem) throw invalidField('username', USERNAME_PROBLEM_MESSAGES[problem])
    return canonicalUsername(username)
  }

  return {
    has: (canonical: string): boolean => copy.names.has(canonical),
    hasSkeleton: (skeleton: string): boolean => copy.skeletons.has(skeleton),

    isCurrent,
    refresh,
    bringUpToDate,

    list: (page: { first: number; after: string }): Promise<string[]> =>
      names.list(canonicalUsername(page.after), page.first),

    /** Owners keep what they have, and may take back what is held for them. Throws INVALID_INPUT. */
    async protect(username: string): Promise<void> {
      const name = canonicalOf(username)
      await transactions.run((tx) => names.protect(tx, name, clock()))
      await refresh()
    },

    /** False when it was not protected. Throws INVALID_INPUT. */
    async unprotect(username: string): Promise<boolean> {
      const name = canonicalOf(username)
      const wasProtected = await transactions.run((tx) => names.unprotect(tx, name))
      await refresh()
      return wasProtected
    },
  }
}

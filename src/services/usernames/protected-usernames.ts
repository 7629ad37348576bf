// Protects usernames for administrators, and keeps a copy of the list in this process.
import { USERNAME_PROBLEM_MESSAGES, canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import { ServiceError, invalidField } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { ProtectedUsernameRepository } from '../../repositories/usernames/protected-usernames.js'
import { type Actor, type AuditTrail, OPERATOR } from '../audit/index.js'
import { skeletonOf } from './skeleton.js'

/** A copy older than this decides no claim and no "available". */
const MAX_AGE_MS = 4000

export type ProtectedUsernames = ReturnType<typeof createProtectedUsernames>

/**
 * Every check compares its username with the copy. `now` returns milliseconds from a clock that never goes back.
 */
export function createProtectedUsernames({
  repository,
  transactions,
  audit,
  clock,
  now,
}: {
  repository: ProtectedUsernameRepository
  transactions: Transactions
  audit: AuditTrail
  clock: Clock
  now: () => number
}) {
  let copy = { canonicals: new Set<string>(), skeletons: new Set<string>(), asOf: -Infinity }
  let underWay: Promise<void> | null = null

  const isCurrent = (): boolean => now() - copy.asOf < MAX_AGE_MS

  /** Throws SERVICE_UNAVAILABLE if MySQL is unavailable. */
  async function refresh(): Promise<void> {
    const asOf = now()
    const all = await repository.listAll()
    // Of two concurrent reads, the one that started last knows more, whichever ends first.
    if (asOf > copy.asOf) copy = { canonicals: new Set(all), skeletons: new Set(all.map(skeletonOf)), asOf }
  }

  /** One read for all callers. Throws SERVICE_UNAVAILABLE if MySQL is unavailable or too slow. */
  async function bringUpToDate(): Promise<void> {
    // Twice: the first read may have started long before it was joined.
    for (let attempt = 1; !isCurrent(); attempt++) {
      if (attempt > 2) throw new ServiceError('SERVICE_UNAVAILABLE')
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
    has: (canonical: string): boolean => copy.canonicals.has(canonical),
    hasSkeleton: (skeleton: string): boolean => copy.skeletons.has(skeleton),

    isCurrent,
    refresh,
    bringUpToDate,

    /** In alphabetical order. */
    list: (page: { first: number; after: string }): Promise<string[]> =>
      repository.list(canonicalUsername(page.after), page.first),

    /** The owner keeps the username, and the last owner can take it back during the hold. Throws INVALID_INPUT. */
    async protect(username: string, actor: Actor = OPERATOR): Promise<void> {
      const canonical = canonicalOf(username)
      const facts = { username: canonical }
      await transactions.run(async (tx) => {
        await repository.protect(tx, canonical, clock())
        await audit.record(tx, { action: 'PROTECT_USERNAME', actor, accountId: null, facts })
      })
      await refresh()
    },

    /** False if it was not protected. Throws INVALID_INPUT. */
    async unprotect(username: string, actor: Actor = OPERATOR): Promise<boolean> {
      const canonical = canonicalOf(username)
      const facts = { username: canonical }
      const wasProtected = await transactions.run(async (tx) => {
        const changed = await repository.unprotect(tx, canonical)
        if (changed) await audit.record(tx, { action: 'UNPROTECT_USERNAME', actor, accountId: null, facts })
        return changed
      })
      await refresh()
      return wasProtected
    },
  }
}

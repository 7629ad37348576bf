// The way back: cancels a deletion by the token of the mail about it.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import { removeWaysIn } from '../../repositories/accounts/ways-in.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import { type AuditTrail, type Origin, unknownActor } from '../audit/index.js'
import type { AnyNewEvent, EventTrail } from '../events/index.js'
import { hashOfToken } from '../verification/index.js'

export type DeletionCancellation = ReturnType<typeof createDeletionCancellation>

const invalidLink = () =>
  new ServiceError('INVALID_CODE', {
    message: 'This link is no longer valid, or not complete. Copy it from the mail again.',
  })

export function createDeletionCancellation({
  transactions,
  users,
  accounts,
  deletions,
  audit,
  events,
  clock,
}: {
  transactions: Transactions
  users: UserRepository
  accounts: Pick<VerifiedAccounts, 'markVerified'>
  deletions: DeletionRepository
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}) {
  /**
   * The link proves that this person reads the mails of the address. If it was not verified before, someone else may have registered
   * the account and requested the deletion. So all ways to sign in end, and the owner gets in with a reset of the password.
   */
  async function proveAddress(tx: Tx, { id: userId, email }: { id: string; email: string }, client: Origin) {
    if (!(await accounts.markVerified(tx, userId, clock()))) return
    await removeWaysIn(tx, userId)
    await audit.record(tx, { action: 'VERIFY_EMAIL', actor: unknownActor(client), accountId: userId })
    await events.record(tx, userId, { type: 'user.email_verified', data: { email } })
  }

  return {
    /**
     * The account can be used again, unless an operator has disabled it since. Returns the user's id. Throws INVALID_CODE if
     * the token is wrong, was used, or comes too late.
     */
    async cancel(token: string, client: Origin): Promise<string> {
      const hash = hashOfToken(token)
      const userId = await deletions.findOwner(hash)
      if (userId === null) throw invalidLink()
      await transactions.run(async (tx) => {
        const user = await users.lock(tx, { id: userId })
        // Of two at once, and of a cancellation and the erasure, the second finds nothing.
        const canceled = user && (await deletions.cancel(tx, userId, { hash, now: clock() }))
        if (!canceled) throw invalidLink()
        const { staysDisabled } = canceled
        if (!staysDisabled) await users.raiseGeneration(tx, user, { disabledAt: null }, clock())
        await audit.record(tx, { action: 'CANCEL_ACCOUNT_DELETION', actor: unknownActor(client), accountId: userId })
        const enabled: AnyNewEvent[] = staysDisabled ? [] : [{ type: 'user.enabled', data: { by: 'user' } }]
        await events.record(tx, userId, { type: 'user.deletion_canceled', data: { by: 'user' } }, ...enabled)
        await proveAddress(tx, user, client)
      })
      return userId
    },
  }
}

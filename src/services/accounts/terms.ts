// The terms: which version a user has accepted, and whether it is the current one.
import { ServiceError, invalidField } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Viewer } from '../sessions/index.js'

export type TermsService = ReturnType<typeof createTermsService>

export function createTermsService({
  transactions,
  users,
  currentVersion,
  audit,
  events,
  clock,
}: {
  transactions: Transactions
  users: UserRepository
  /** Null: the deployment has no terms. */
  currentVersion: string | null
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}) {
  /** The person has read this version, and may have to read another one. */
  function refuseOther(path: string, version: string): void {
    if (version === currentVersion) return
    throw invalidField(path, 'This is not the current version of the terms. Read the current one first.')
  }

  return {
    refuseOther,

    /** Whether there are terms, and this is their current version. */
    isCurrent: (version: string | null): version is string => version !== null && version === currentVersion,

    /** Whether there is nothing that this user has still to accept. */
    areAccepted: ({ termsVersion }: Pick<UserRecord, 'termsVersion'>): boolean =>
      currentVersion === null || termsVersion === currentVersion,

    /** Throws INVALID_INPUT for another version than the current one. */
    async accept(viewer: Viewer, version: string): Promise<UserRecord> {
      refuseOther('version', version)
      const { user } = viewer
      await transactions.run(async (tx) => {
        const accepted = { termsVersion: version, termsAcceptedAt: clock() }
        if (!(await users.update(tx, user, accepted, clock()))) throw new ServiceError('UNAUTHENTICATED')
        const facts = { version }
        await audit.record(tx, { action: 'ACCEPT_TERMS', actor: userActor(viewer), accountId: user.id, facts })
        await events.record(tx, user.id, { type: 'user.terms_accepted', data: { version } })
      })
      const updated = await users.findById(user.id)
      if (!updated) throw new ServiceError('UNAUTHENTICATED')
      return updated
    },
  }
}

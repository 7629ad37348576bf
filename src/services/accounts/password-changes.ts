// Changing the password: ends what was obtained with the old one, all of it or all but the current session.
import { ServiceError, type FieldProblem } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import { foldedForms } from '../../platform/emails.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { StoredRevocation } from '../../repositories/revocations/revocations.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import { type NewPasswordRule, type PasswordService, userRequester } from '../passwords/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { IssuedSession, SessionServices, Viewer } from '../sessions/index.js'
import { problemAt, refuseProblems } from './field-problems.js'
import type { VerifyOwnPassword } from './own-password.js'

export interface PasswordChange {
  oldPassword: string
  newPassword: string
}

/** Ends sessions in the transaction that has changed the password. Null if another request has ended everything first. */
type End<T> = (tx: Tx) => Promise<{ revocation: StoredRevocation; result: T } | null>

/** `deviceToken` replaces that of the login. */
type KeptSession = IssuedSession & { deviceToken: string }

interface Dependencies {
  transactions: Transactions
  credentials: CredentialRepository
  passwords: PasswordService
  newPasswordRule: NewPasswordRule
  verifyOwnPassword: VerifyOwnPassword
  sessions: SessionServices
  revocations: RevocationService
  audit: AuditTrail
  events: EventTrail
  /** The token by which the account's next login from the same device is recognized. */
  issueDevice: (account: { id: string; generation: number }) => string
  clock: Clock
}

export type PasswordChangeService = ReturnType<typeof createPasswordChangeService>

export function createPasswordChangeService(dependencies: Dependencies) {
  const { transactions, credentials, passwords, newPasswordRule, revocations, issueDevice, audit, events, clock } =
    dependencies
  const { sessions, endings } = dependencies.sessions

  const verifyOwnPassword = (viewer: Viewer, password: string) =>
    dependencies.verifyOwnPassword(viewer, password, { action: 'CHANGE_PASSWORD', field: 'oldPassword' })

  async function findProblems({ user }: Viewer, { newPassword }: Partial<PasswordChange>): Promise<FieldProblem[]> {
    if (newPassword === undefined) return []
    const problem = await newPasswordRule(newPassword, [...foldedForms(user.email), user.username])
    return problem ? [problemAt('newPassword', problem)] : []
  }

  const endEverything =
    ({ user }: Viewer): End<void> =>
    async (tx) => {
      const ended = await endings.endGeneration(tx, user, { reason: 'password_changed' })
      return ended && { revocation: ended.revocation, result: undefined }
    }

  const endOtherSessions =
    (viewer: Viewer): End<KeptSession> =>
    async (tx) => {
      const { user, sessionId: except } = viewer
      const ended = await endings.endGeneration(tx, user, { reason: 'password_changed', except })
      if (!ended) return null
      const kept = await sessions.keep(tx, viewer)
      // The tokens of all devices end with the generation. This device has just proved that it knows the password.
      const deviceToken = issueDevice({ id: user.id, generation: user.generation + 1 })
      return { revocation: ended.revocation, result: { ...kept, deviceToken } }
    }

  /** Returns false if the password is another one by now. An account without one gets its first. */
  const store = (
    tx: Tx,
    change: { userId: string; verifiedHash: string; hash: string; now: Date },
  ): Promise<boolean> =>
    change.verifiedHash === '' ? credentials.addPassword(tx, change) : credentials.replacePassword(tx, change)

  async function replace<T>(viewer: Viewer, { oldPassword, newPassword }: PasswordChange, end: End<T>): Promise<T> {
    refuseProblems(await findProblems(viewer, { newPassword }))
    let verifiedHash = await verifyOwnPassword(viewer, oldPassword)
    const hash = await passwords.hash(newPassword, userRequester(viewer.user.id))
    for (;;) {
      const change = { userId: viewer.user.id, verifiedHash, hash, now: clock() }
      const ended = await transactions.run(async (tx) => {
        if (!(await store(tx, change))) return 'other hash'
        const ended = await end(tx)
        // Thrown, so that the new hash is rolled back.
        if (!ended) throw new ServiceError('UNAUTHENTICATED')
        const event = { action: 'CHANGE_PASSWORD', actor: userActor(viewer), accountId: viewer.user.id } as const
        await audit.record(tx, event)
        await events.record(tx, viewer.user.id, { type: 'password.changed', data: { by: 'user' } })
        return ended
      })
      if (ended !== 'other hash') {
        await revocations.deliver(ended.revocation)
        return ended.result
      }
      // A login has rehashed the same password, or another request has changed it.
      verifiedHash = await verifyOwnPassword(viewer, oldPassword)
    }
  }

  return {
    /** What is wrong with the fields that are given, as far as it is known without hashing. */
    findProblems,

    /**
     * Ends every session of the user. Throws WEAK_PASSWORD, BREACHED_PASSWORD, INVALID_INPUT for a wrong old password, and
     * UNAUTHENTICATED if another request has ended every session first.
     */
    changePassword: (viewer: Viewer, change: PasswordChange): Promise<void> =>
      replace(viewer, change, endEverything(viewer)),

    /**
     * Ends every session of the user but the viewer's, which gets new tokens; its earlier ones are refused like all
     * others. Throws like `changePassword`, and UNAUTHENTICATED if the viewer's session has ended in the meantime.
     */
    updatePassword: (viewer: Viewer, change: PasswordChange): Promise<KeptSession> =>
      replace(viewer, change, endOtherSessions(viewer)),
  }
}

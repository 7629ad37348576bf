// Removes the second factor of an account, and replaces its recovery codes.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { SecondFactorRepository } from '../../repositories/factors/second-factors.js'
import { type AuditTrail, OPERATOR, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { IssuedSession, SecondFactorRule, SessionServices, Viewer } from '../sessions/index.js'
import { newRecoveryCodes, type RecoveryCodeMacs, shownCode } from './recovery-codes.js'

/** What a removed factor had proved. */
const FACTOR_AMR: readonly string[] = ['otp', 'rc', 'mfa']

const notOn = () => new ServiceError('NOT_FOUND', { message: 'Two-step verification is not on.' })

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  factors: SecondFactorRepository
  macsOf: RecoveryCodeMacs
  sessions: SessionServices
  revocations: RevocationService
  /** Throws REAUTHENTICATION_REQUIRED. */
  requireRecentProof: (viewer: Viewer) => Promise<void>
  issueDevice: (account: { id: string; generation: number }) => string
  lacksFactor: SecondFactorRule
  /** Returns how many there were. */
  removeLostPasskeys: (tx: Statements, userId: string) => Promise<number>
  /** Throws FORBIDDEN if the user has no way in anymore. */
  requireWayIn: (tx: Statements, userId: string) => Promise<void>
  /** Whether a code by mail can set a password. */
  canSend: boolean
  audit: AuditTrail
  events: EventTrail
}

/** What the account page shows. */
export interface FactorState {
  isEnabled: boolean
  enabledAt: Date | null
  recoveryCodesLeft: number
  /** Whether the role requires a second factor. */
  isRequired: boolean
}

export type FactorChanges = ReturnType<typeof createFactorChanges>

export function createFactorChanges(dependencies: Dependencies) {
  const { transactions, users, factors, macsOf, revocations, requireRecentProof, issueDevice } = dependencies
  const { lacksFactor, removeLostPasskeys, requireWayIn, canSend, audit, events } = dependencies
  const { sessions, endings } = dependencies.sessions

  return {
    /** For an operator. */
    stateOf: (userId: string) => factors.state(userId),

    async state({ user }: Pick<Viewer, 'user'>): Promise<FactorState> {
      const { enabledAt, recoveryCodes } = await factors.state(user.id)
      const isRequired = lacksFactor(user.role, [])
      return { isEnabled: enabledAt !== null, enabledAt, recoveryCodesLeft: recoveryCodes, isRequired }
    },

    /**
     * Ends every other session of the user, and all trust in devices. Throws REAUTHENTICATION_REQUIRED, FORBIDDEN if the role
     * requires a second factor, and NOT_FOUND if there is none.
     */
    async disable(viewer: Viewer): Promise<IssuedSession & { deviceToken: string }> {
      await requireRecentProof(viewer)
      const { user, sessionId: except } = viewer
      if (lacksFactor(user.role, []))
        throw new ServiceError('FORBIDDEN', { message: 'Your role requires two-step verification.' })
      const amr = viewer.amr.filter((one) => !FACTOR_AMR.includes(one))
      const { revocation, session } = await transactions.run(async (tx) => {
        const ended = await endings.endGeneration(tx, user, { reason: 'second_factor_changed', except })
        if (!ended) throw new ServiceError('UNAUTHENTICATED')
        // Thrown, so that no session ends.
        if (!(await factors.deleteTotp(tx, user.id))) throw notOn()
        const session = await sessions.keep(tx, viewer, { authTime: viewer.authTime, amr })
        await audit.record(tx, { action: 'DISABLE_MFA', actor: userActor(viewer), accountId: user.id })
        await events.record(tx, user.id, { type: 'mfa.disabled', data: { by: 'user' } })
        return { revocation: ended.revocation, session }
      })
      await revocations.deliver(revocation)
      return { ...session, deviceToken: issueDevice({ id: user.id, generation: user.generation + 1 }) }
    },

    /** Those before stop working. Throws REAUTHENTICATION_REQUIRED, and NOT_FOUND without a second factor. */
    async replaceRecoveryCodes(viewer: Viewer): Promise<string[]> {
      await requireRecentProof(viewer)
      const { user } = viewer
      const codes = newRecoveryCodes()
      const macs = codes.map((code) => macsOf(user.id, code)[0])
      await transactions.run(async (tx) => {
        // Locked: the second factor is not removed between the two statements.
        const locked = await users.lock(tx, { id: user.id })
        if (locked?.generation !== user.generation) throw new ServiceError('UNAUTHENTICATED')
        if (!(await factors.hasTotp(tx, user.id))) throw notOn()
        await factors.putRecoveryCodes(tx, user.id, macs)
        await audit.record(tx, { action: 'REPLACE_RECOVERY_CODES', actor: userActor(viewer), accountId: user.id })
        await events.record(tx, user.id, { type: 'recovery_codes.replaced', data: { by: 'user' } })
      })
      return codes.map(shownCode)
    },

    /**
     * For an operator: the person has lost the app, the recovery codes and all passkeys. Ends every session of the user.
     * Returns false if there is none of them. Throws FORBIDDEN if passkeys are the only way to sign in, and no mail can set a
     * password.
     */
    async remove(userId: string): Promise<boolean> {
      const revocation = await transactions.run(async (tx) => {
        const user = await users.lock(tx, { id: userId })
        if (!user) throw new ServiceError('NOT_FOUND')
        const hadApp = await factors.deleteTotp(tx, userId)
        const lostPasskeys = await removeLostPasskeys(tx, userId)
        if (!hadApp && lostPasskeys === 0) return null
        if (lostPasskeys > 0 && !(canSend && user.emailVerifiedAt)) await requireWayIn(tx, userId)
        const ended = await endings.endGeneration(tx, user, { reason: 'revoked_by_admin' })
        if (!ended) return null
        if (!hadApp) return ended.revocation
        await audit.record(tx, { action: 'DISABLE_MFA', actor: OPERATOR, accountId: userId })
        await events.record(tx, userId, { type: 'mfa.disabled', data: { by: 'operator' } })
        return ended.revocation
      })
      if (revocation) await revocations.deliver(revocation)
      return revocation !== null
    },
  }
}

// Adds an authenticator app to an account: its secret first, then a code that shows that the app has it.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { KeyRing } from '@postern/service/sealing'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { SecondFactorRepository } from '../../repositories/factors/second-factors.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { IssuedSession, SessionServices, Viewer } from '../sessions/index.js'
import { wrongCode } from './codes.js'
import { newRecoveryCodes, type RecoveryCodeMacs, shownCode } from './recovery-codes.js'
import { newTotpSecret, stepOfCode, totpUri } from './totp.js'

const LIFE_SECONDS = 600

/** What the person sees, and what the client sends back with the first code. */
export interface Enrollment {
  /** In base32, to type it. */
  secret: string
  /** The same with all parameters, to scan it: `otpauth://…`. */
  uri: string
  /** The secret, sealed for this session. */
  enrollment: string
  expiresAt: Date
}

export type EnabledFactor = IssuedSession & { deviceToken: string; recoveryCodes: string[] }

interface Dependencies {
  transactions: Transactions
  factors: SecondFactorRepository
  ring: KeyRing
  macsOf: RecoveryCodeMacs
  sessions: SessionServices
  revocations: RevocationService
  /** Throws REAUTHENTICATION_REQUIRED. */
  requireRecentProof: (viewer: Viewer) => Promise<void>
  /**
   * Whether an address must be verified first. Otherwise the second factor may be of someone who has registered the address of
   * another person, so a password reset by mail would have to remove it.
   */
  requireVerifiedEmail: boolean
  issueDevice: (account: { id: string; generation: number }) => string
  audit: AuditTrail
  events: EventTrail
  /** The name of the service, which apps show. */
  issuer: string
  clock: Clock
}

export type FactorEnrollment = ReturnType<typeof createFactorEnrollment>

const expired = () =>
  new ServiceError('INVALID_INPUT', {
    message: 'Setting up took too long. Start again.',
    fields: [{ path: 'enrollment', message: 'has expired: start again', code: 'INVALID_INPUT' }],
  })

export function createFactorEnrollment(dependencies: Dependencies) {
  const { transactions, factors, ring, macsOf, revocations, requireRecentProof, issueDevice, audit, events } =
    dependencies
  const { requireVerifiedEmail, issuer, clock } = dependencies
  const { sessions, endings } = dependencies.sessions

  /** No other session, user or generation can use it. */
  const ownerOf = ({ user, sessionId }: Viewer): string => `enrollment ${user.id} ${user.generation} ${sessionId}`

  function open(viewer: Viewer, enrollment: string): string {
    const opened = ring.open(enrollment, ownerOf(viewer))?.toString().split(' ')
    if (!opened || Number(opened[0]) <= clock().getTime()) throw expired()
    return opened[1] ?? ''
  }

  return {
    /** Stores nothing. Throws REAUTHENTICATION_REQUIRED and EMAIL_NOT_VERIFIED. */
    async start(viewer: Viewer): Promise<Enrollment> {
      await requireRecentProof(viewer)
      if (requireVerifiedEmail && !viewer.user.emailVerifiedAt) throw new ServiceError('EMAIL_NOT_VERIFIED')
      const secret = newTotpSecret()
      const expiresAt = addSeconds(clock(), LIFE_SECONDS)
      const enrollment = ring.seal(Buffer.from(`${expiresAt.getTime()} ${secret}`), ownerOf(viewer))
      return { secret, uri: totpUri(secret, { issuer, label: viewer.user.email }), enrollment, expiresAt }
    },

    /**
     * Adds the app, or replaces the one before, and makes new recovery codes. Ends every other session of the user: they were
     * started without it. Throws INVALID_CODE, INVALID_INPUT and REAUTHENTICATION_REQUIRED.
     */
    async enable(viewer: Viewer, { enrollment, code }: { enrollment: string; code: string }): Promise<EnabledFactor> {
      await requireRecentProof(viewer)
      const secret = open(viewer, enrollment)
      const step = stepOfCode(secret, code, clock())
      if (step === null) throw wrongCode()
      const { user, sessionId: except } = viewer
      const codes = newRecoveryCodes()
      const sealed = ring.seal(Buffer.from(secret), user.id)
      const amr = [...new Set([...viewer.amr, 'otp', 'mfa'] as const)]
      const { revocation, session } = await transactions.run(async (tx) => {
        const ended = await endings.endGeneration(tx, user, { reason: 'second_factor_changed', except })
        if (!ended) throw new ServiceError('UNAUTHENTICATED')
        await factors.putTotp(tx, { id: uuidv7(), userId: user.id, secret: sealed, usedStep: step, now: clock() })
        await factors.putRecoveryCodes(
          tx,
          user.id,
          codes.map((one) => macsOf(user.id, one)[0]),
        )
        const session = await sessions.keep(tx, viewer, { authTime: clock(), amr })
        await audit.record(tx, { action: 'ENABLE_MFA', actor: userActor(viewer), accountId: user.id })
        await events.record(tx, user.id, { type: 'mfa.enabled', data: { method: 'totp' } })
        return { revocation: ended.revocation, session }
      })
      await revocations.deliver(revocation)
      const deviceToken = issueDevice({ id: user.id, generation: user.generation + 1 })
      return { ...session, deviceToken, recoveryCodes: codes.map(shownCode) }
    },
  }
}

// Proves again, within a session, who the person is.
import type { Amr } from '@postern/contract/claims'
import { invalidField } from '@postern/service/errors'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { IssuedSession, SessionService, Viewer } from '../sessions/index.js'
import type { WithCode } from './code-guesses.js'

/** Exactly one of them. */
export interface Reproof {
  password?: string | null | undefined
  code?: string | null | undefined
}

interface Dependencies {
  transaction: MysqlTransaction
  sessions: SessionService
  hasSecondFactor: (userId: string) => Promise<boolean>
  /** Throws INVALID_INPUT at the field `password`. */
  verifyPassword: (viewer: Viewer, password: string) => Promise<unknown>
  withCode: WithCode
  revocations: RevocationService
  audit: AuditTrail
}

export type Reauthentication = ReturnType<typeof createReauthentication>

export function createReauthentication(dependencies: Dependencies) {
  const { transaction, sessions, hasSecondFactor, verifyPassword, withCode, revocations, audit } = dependencies

  /**
   * Records in the viewer's session that the user has just proved their identity with these methods, in addition to earlier ones.
   * Issues new tokens; the earlier ones end. Every way to prove it again calls this. `use` uses up the proof. Throws UNAUTHENTICATED
   * if the session has ended.
   */
  async function complete(
    viewer: Viewer,
    proved: readonly Amr[],
    use?: (tx: Statements) => Promise<void>,
  ): Promise<IssuedSession> {
    const amr = [...new Set([...viewer.amr, ...proved])]
    const renewed = await transaction(async (tx) => {
      await use?.(tx)
      const renewed = await sessions.renewProof(tx, viewer, amr)
      const facts = { session: viewer.sessionId, amr: proved.join(' ') }
      await audit.record(tx, { action: 'REAUTHENTICATE', actor: userActor(viewer), accountId: viewer.user.id, facts })
      return renewed
    })
    await revocations.deliver(renewed.revocation)
    return renewed.session
  }

  return {
    complete,

    /**
     * With the password, or with a code where the account has a second factor: there, a password alone proves too little.
     * Throws INVALID_INPUT for a wrong password, INVALID_CODE, RATE_LIMITED, and UNAUTHENTICATED if the session has ended.
     */
    async reauthenticate(viewer: Viewer, { password, code }: Reproof, deviceToken: string): Promise<IssuedSession> {
      const { user, client } = viewer
      if (code != null) {
        const guess = { account: user, code, deviceToken, action: 'REAUTHENTICATE', signal: client.signal } as const
        return withCode({ ...guess, actor: userActor(viewer) }, (right) =>
          complete(viewer, [right.amr, 'mfa'], right.use),
        )
      }
      // Before the password is looked at: nothing is to be learned about it here.
      if (await hasSecondFactor(user.id))
        throw invalidField('code', 'Enter a code: two-step verification is on, so the password is not enough.')
      await verifyPassword(viewer, password ?? '')
      return complete(viewer, ['pwd'])
    },
  }
}

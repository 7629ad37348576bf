// Proves by a passkey that the person of a session is still there.
import { AuthError } from '../../platform/errors.js'
import type { MysqlTransaction } from '../../repositories/database/mysql-transactions.js'
import type { PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import type { Viewer } from '../sessions/index.js'
import type { Ceremonies, PasskeyOptions } from './ceremonies.js'
import { loadWebAuthn } from './load-webauthn.js'
import { type OnRefused, PASSKEY_AMR } from './login.js'
import type { LoginResponse, Refusal } from './responses.js'
import type { VerifyUse } from './uses.js'

export type PasskeyReauthentication = ReturnType<typeof createPasskeyReauthentication>

export function createPasskeyReauthentication({
  transaction,
  passkeys,
  ceremonies,
  verifyUse,
  onRefused,
}: {
  transaction: MysqlTransaction
  passkeys: PasskeyRepository
  ceremonies: Ceremonies
  verifyUse: VerifyUse
  onRefused: OnRefused
}) {
  return {
    /** Throws NOT_FOUND if the user has no passkey. */
    async start({ user, sessionId }: Viewer): Promise<PasskeyOptions> {
      const own = await passkeys.list(user.id)
      if (own.length === 0) throw new AuthError('NOT_FOUND', { message: 'You have no passkey.' })
      const { loginOptions } = await loadWebAuthn()
      const allow = own.map(({ credentialId: id, transports }) => ({ id, transports }))
      return ceremonies.start('reauthenticate', sessionId, (challenge) =>
        loginOptions(ceremonies.party, { challenge, allow }),
      )
    },

    /** Returns how it is proved. Throws CHALLENGE_EXPIRED and PASSKEY_INVALID. */
    async prove({ user, sessionId }: Viewer, response: LoginResponse): Promise<typeof PASSKEY_AMR> {
      const used = await verifyUse(response, { purpose: 'reauthenticate', sessionId, userId: user.id })
      const refuse = (refusal: Refusal) => {
        onRefused(refusal, used.passkey)
        return new AuthError(refusal === 'expired' ? 'CHALLENGE_EXPIRED' : 'PASSKEY_INVALID')
      }
      if (used.refusal !== null) throw refuse(used.refusal)
      await transaction(async (tx) => {
        const refusal = await used.record(tx)
        if (refusal !== null) throw refuse(refusal)
      })
      return PASSKEY_AMR
    },
  }
}

// Proves by a passkey that the person of a session is still there.
import { ServiceError } from '@postern/service/errors'
import type { PasskeyRepository } from '../../repositories/passkeys/passkeys.js'
import { type Refusals, userActor } from '../audit/index.js'
import type { Reauthentication } from '../authentication/index.js'
import type { IssuedSession, Viewer } from '../sessions/index.js'
import type { Ceremonies, PasskeyOptions } from './ceremonies.js'
import { loadWebAuthn } from './load-webauthn.js'
import { type OnRefused, PASSKEY_AMR } from './login.js'
import type { LoginResponse, Refusal } from './responses.js'
import type { UsedPasskey, VerifyUse } from './uses.js'

export type PasskeyReauthentication = ReturnType<typeof createPasskeyReauthentication>

export function createPasskeyReauthentication({
  passkeys,
  ceremonies,
  verifyUse,
  complete,
  refusals,
  onRefused,
}: {
  passkeys: Pick<PasskeyRepository, 'list'>
  ceremonies: Ceremonies
  verifyUse: VerifyUse
  complete: Reauthentication['complete']
  refusals: Refusals
  onRefused: OnRefused
}) {
  function refuse(viewer: Viewer, reason: Refusal, passkey: UsedPasskey | null): ServiceError {
    onRefused(reason, passkey)
    const event = { action: 'REAUTHENTICATE', result: 'FAILURE', actor: userActor(viewer) } as const
    refusals.note({ ...event, accountId: viewer.user.id, facts: { by: 'passkey', reason } })
    return new ServiceError(reason === 'expired' ? 'CHALLENGE_EXPIRED' : 'PASSKEY_INVALID')
  }

  return {
    /** Throws NOT_FOUND if the user has no passkey. */
    async start({ user, sessionId }: Viewer): Promise<PasskeyOptions> {
      const own = await passkeys.list(user.id)
      if (own.length === 0) throw new ServiceError('NOT_FOUND', { message: 'You have no passkey.' })
      const { loginOptions } = await loadWebAuthn()
      const allow = own.map(({ credentialId: id, transports }) => ({ id, transports }))
      return ceremonies.start('reauthenticate', sessionId, (challenge) =>
        loginOptions(ceremonies.party, { challenge, allow }),
      )
    },

    /** Throws CHALLENGE_EXPIRED, PASSKEY_INVALID, and UNAUTHENTICATED if the session has ended. */
    async finish(viewer: Viewer, response: LoginResponse): Promise<IssuedSession> {
      const { user, sessionId } = viewer
      const used = await verifyUse(response, { purpose: 'reauthenticate', sessionId, userId: user.id })
      if (used.refusal !== null) throw refuse(viewer, used.refusal, used.passkey)
      return complete(viewer, PASSKEY_AMR, async (tx) => {
        const refusal = await used.record(tx)
        if (refusal !== null) throw refuse(viewer, refusal, used.passkey)
      })
    },
  }
}

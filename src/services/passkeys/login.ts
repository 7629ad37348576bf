// Signing in with a passkey, without a name.
import { ServiceError } from '@postern/service/errors'
import type { Statements } from '@postern/service/database/statements'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { type Refusals, unknownActor } from '../audit/index.js'
import type { LoginResult, SignIn } from '../authentication/index.js'
import type { Client } from '../sessions/index.js'
import type { Ceremonies, PasskeyOptions } from './ceremonies.js'
import { loadWebAuthn } from './load-webauthn.js'
import type { LoginResponse, Refusal } from './responses.js'
import type { UsedPasskey, VerifyUse } from './uses.js'

/** It has verified the person, by a fingerprint or a PIN for example: two factors. */
export const PASSKEY_AMR = ['hwk', 'user', 'mfa'] as const

/** Called for each refusal, with the passkey if the service knows it. */
export type OnRefused = (refusal: Refusal, passkey: UsedPasskey | null) => void

interface Dependencies {
  users: Pick<UserRepository, 'findForSignIn'>
  ceremonies: Ceremonies
  verifyUse: VerifyUse
  signIn: SignIn
  refusals: Refusals
  onRefused: OnRefused
}

export type PasskeyLogin = ReturnType<typeof createPasskeyLogin>

/**
 * Reveals only that a passkey is unknown: its holder may know that it no longer works, and browsers then remove it. No one can
 * guess the id of another passkey.
 */
function errorOf(reason: Refusal | 'account'): ServiceError {
  if (reason === 'expired') return new ServiceError('CHALLENGE_EXPIRED')
  return new ServiceError(
    'UNAUTHENTICATED',
    reason === 'unknown'
      ? { message: 'This passkey is not, or no longer, one of an account here.', reason: 'UNKNOWN_PASSKEY' }
      : { message: 'This passkey was not accepted. Try again.', reason: 'INVALID_CREDENTIALS' },
  )
}

export function createPasskeyLogin({ users, ceremonies, verifyUse, signIn, refusals, onRefused }: Dependencies) {
  /** `account`: it is disabled, or has changed in the meantime. */
  function refuse(reason: Refusal | 'account', passkey: UsedPasskey | null, client: Client): ServiceError {
    const event = { action: 'LOGIN', result: 'FAILURE', actor: unknownActor(client) } as const
    refusals.note({ ...event, accountId: passkey?.userId ?? null, facts: { by: 'passkey', reason } })
    if (reason !== 'account') onRefused(reason, passkey)
    return errorOf(reason)
  }

  return {
    async start(): Promise<PasskeyOptions> {
      const { loginOptions } = await loadWebAuthn()
      return ceremonies.start('login', '', (challenge) => loginOptions(ceremonies.party, { challenge }))
    },

    /**
     * Throws CHALLENGE_EXPIRED, UNAUTHENTICATED, and what the end of every sign-in throws. A disabled account is refused like
     * a wrong signature, and after its verification.
     */
    async finish(response: LoginResponse, client: Client, deviceToken: string): Promise<LoginResult> {
      const used = await verifyUse(response, { purpose: 'login', sessionId: '', userId: null })
      if (used.refusal !== null) throw refuse(used.refusal, used.passkey, client)
      const account = await users.findForSignIn(used.passkey.userId)
      if (!account) throw refuse('unknown', null, client)
      const use = async (tx: Statements) => {
        const refusal = await used.record(tx)
        if (refusal !== null) throw refuse(refusal, used.passkey, client)
      }
      try {
        return await signIn.complete(account, { amr: PASSKEY_AMR }, client, { deviceToken, use })
      } catch (error) {
        // Without a reason, it is about the account.
        const isOfAccount = error instanceof ServiceError && error.code === 'UNAUTHENTICATED' && !error.reason
        throw isOfAccount ? refuse('account', used.passkey, client) : error
      }
    },
  }
}

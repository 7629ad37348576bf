// Sign-ins at providers from their beginning to their end: single use, ten minutes, and in one browser only.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { addSeconds, type Clock } from '@postern/service/clock'
import { deriveKey } from '@postern/service/sealing'
import type { AuthorizationResponse, SignInChecks } from '../../repositories/oauth/provider.js'
import type { StateRepository, StoredState } from '../../repositories/oauth/states.js'
import { oauthFailed } from './errors.js'
import type { Providers, RegisteredProvider } from './providers.js'

export const FLOW_SECONDS = 600

/** 32 random bytes: of a state, and of the secret that the browser or the frontend keeps. */
const SECRET = /^[\w-]{43}$/
const newSecret = (): string => randomBytes(32).toString('base64url')

/** What a URL can carry. Providers send far less. */
const PARAMETER = /^[\x20-\x7e]{1,4096}$/

export interface Beginning {
  provider: string
  purpose: StoredState['purpose']
  /** Who links an account, and in which session. To sign in: the session that the browser has, if any. */
  session: { userId: string; sessionId: string } | null
  redirectUri: string
  /** Where the service's own callback sends the browser. Null if a frontend handles the redirect. */
  returnTo: string | null
  /** Whether the provider shall ask the person for a proof, even if they are signed in there. */
  isFresh?: boolean
  /** The terms that the person has accepted, for a new account. */
  termsVersion?: string | null
}

/** What the browser brought back from the provider. */
export interface Callback {
  provider: string
  state: string
  /** Null if the provider sent an error. */
  code: string | null
  iss: string | null
}

/** A sign-in whose browser has come back. It can't be used again. */
export interface Flow {
  provider: RegisteredProvider
  stored: StoredState
  checks: SignInChecks
}

export interface Initiation {
  authorizationUrl: string
  /** What ends the sign-in, together with what the provider sends. Only who has begun it may know it. */
  binding: string
  expiresAt: Date
}

export type Flows = ReturnType<typeof createFlows>

/** `key`: from which the code verifier and the nonce of each state follow, so that neither is stored. */
export function createFlows({
  states,
  providers,
  key: secret,
  clock,
}: {
  states: StateRepository
  providers: Providers
  key: string
  clock: Clock
}) {
  const key = deriveKey(secret, 'postern oauth state key v1')
  const derived = (label: string, state: string): string =>
    createHmac('sha256', key).update(`${label}\n${state}`).digest('base64url')
  const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex')

  const checksOf = ({ kind }: RegisteredProvider, state: string, redirectUri: string): SignInChecks => ({
    ...{ redirectUri, state, codeVerifier: derived('verifier', state) },
    nonce: kind === 'github' ? null : derived('nonce', state),
  })

  return {
    /** `binding`: one that the browser has already, or null. Throws NOT_FOUND and SERVICE_UNAVAILABLE. */
    async begin(
      { provider: name, purpose, session, redirectUri, returnTo, isFresh = false, termsVersion = null }: Beginning,
      present: string | null,
    ): Promise<Initiation> {
      const provider = providers.find(name)
      const state = newSecret()
      const binding = present !== null && SECRET.test(present) ? present : newSecret()
      const checks = checksOf(provider, state, redirectUri)
      const authorizationUrl = await providers.call(provider, (client) => client.authorizationUrl(checks, isFresh))
      const expiresAt = addSeconds(clock(), FLOW_SECONDS)
      await states.insert({
        ...{ stateHash: hashOf(state), bindingHash: hashOf(binding), provider: name, redirectUri, returnTo, expiresAt },
        ...{ purpose, userId: session?.userId ?? null, sessionId: session?.sessionId ?? null, termsVersion },
      })
      return { authorizationUrl, binding, expiresAt }
    },

    /**
     * Uses up the state, whatever else is wrong. Throws OAUTH_FAILED if it is unknown, was used, has expired, or is of
     * another browser or provider.
     */
    async end({ provider: name, state }: Callback, binding: string | null): Promise<Flow> {
      const stored = SECRET.test(state) ? await states.take(hashOf(state)) : null
      if (!stored || stored.provider !== name || stored.expiresAt <= clock()) throw oauthFailed()
      const given = Buffer.from(hashOf(binding ?? ''))
      if (!timingSafeEqual(given, Buffer.from(stored.bindingHash))) throw oauthFailed()
      const provider = providers.find(name)
      return { provider, stored, checks: checksOf(provider, state, stored.redirectUri) }
    },

    /** Exchanges the code for what the provider says about the person. Throws OAUTH_FAILED and SERVICE_UNAVAILABLE. */
    async exchange({ provider, checks }: Flow, { code, state, iss }: Callback) {
      if (code === null || !PARAMETER.test(code) || (iss !== null && !PARAMETER.test(iss))) throw oauthFailed()
      const response: AuthorizationResponse = { code, state, iss }
      return providers.call(provider, (client) => client.exchange(response, checks))
    },
  }
}

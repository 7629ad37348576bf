// Signing in with a provider: a browser comes back with a code, and gets a session.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Link, OAuthAccountRepository } from '../../repositories/oauth/accounts.js'
import { type Refusals, unknownActor } from '../audit/index.js'
import type { LoginResult, SignIn } from '../authentication/index.js'
import type { Client } from '../sessions/index.js'
import type { Callback, Flow, Flows } from './flows.js'
import { identityOf } from './identities.js'
import type { Joining } from './joining.js'
import type { TokenVault } from './tokens.js'

interface Dependencies {
  flows: Flows
  findOrJoin: Joining
  linked: OAuthAccountRepository
  vault: TokenVault
  signIn: SignIn
  readEmail: (text: unknown) => string | null
  refusals: Refusals
  /** Called with the result of each sign-in. */
  onResult: (provider: string, error: unknown) => void
  clock: Clock
}

/** As old as no proof may be. */
const UNKNOWN = new Date(0)

export type OAuthSignIn = ReturnType<typeof createOAuthSignIn>

export function createOAuthSignIn(dependencies: Dependencies) {
  const { flows, findOrJoin, linked, vault, signIn, readEmail, refusals, onResult, clock } = dependencies

  /**
   * When the person proved who they are. A provider that does not say it may have asked for nothing, so its word is old,
   * unless there is no other way to prove it here: such an account could never be deleted.
   */
  function proofOf({ hasCredential }: Link, provedAt: Date | null): Date {
    const now = clock()
    if (provedAt) return provedAt < now ? provedAt : now
    return hasCredential ? UNKNOWN : now
  }

  async function complete(flow: Flow, callback: Callback, client: Client, deviceToken: string): Promise<LoginResult> {
    const { provider } = flow
    const { tokens, claims } = await flows.exchange(flow, callback)
    const identity = identityOf(provider, claims, readEmail)
    const link = await findOrJoin(identity, flow, client)
    const { linkId, account } = link
    const authTime = proofOf(link, identity.provedAt)
    const use = { email: identity.email, tokens: vault.seal(tokens, linkId), now: clock() }
    // The session starts with the second factor, when the tokens are not known any more.
    if (account.hasSecondFactor && !account.disabled) await linked.recordUse(linkId, use)
    return signIn.complete(account, { amr: ['fed'], authTime }, client, {
      deviceToken,
      // The user may have unlinked it since, because it is a thief's.
      async use(tx) {
        if (!(await linked.recordUse(linkId, use, tx))) throw new ServiceError('UNAUTHENTICATED')
      },
    })
  }

  /**
   * Ends a sign-in whose state has been used up. Throws OAUTH_FAILED, OAUTH_NOT_LINKED, SERVICE_UNAVAILABLE, and what every
   * sign-in throws, such as MFA_REQUIRED.
   */
  return async function signInWith(
    flow: Flow,
    callback: Callback,
    client: Client,
    deviceToken: string,
  ): Promise<LoginResult> {
    const { name: provider } = flow.provider
    try {
      const session = await complete(flow, callback, client, deviceToken)
      onResult(provider, null)
      return session
    } catch (error) {
      onResult(provider, error)
      if (error instanceof ServiceError && error.code !== 'SERVICE_UNAVAILABLE' && error.code !== 'MFA_REQUIRED') {
        const facts = { provider, code: error.code }
        refusals.note({ action: 'LOGIN', result: 'FAILURE', actor: unknownActor(client), accountId: null, facts })
      }
      throw error
    }
  }
}

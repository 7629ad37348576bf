// What frontends and the pages do with providers: begin a sign-in, end it, link an account.
import type { Clock } from '@postern/service/clock'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { AccountServices } from '../accounts/index.js'
import type { LoginResult } from '../authentication/index.js'
import type { Client, EarlierSessions, Viewer } from '../sessions/index.js'
import { oauthFailed } from './errors.js'
import type { Callback, Flow, Flows, Initiation } from './flows.js'
import type { OAuthLinking } from './linking.js'
import type { Redirects } from './redirects.js'
import type { OAuthSignIn } from './sign-in.js'

interface Dependencies {
  flows: Flows
  redirects: Redirects
  signInWith: OAuthSignIn
  linking: OAuthLinking
  sessions: Pick<SessionRepository, 'findActiveUsers'>
  earlier: Pick<EarlierSessions, 'end'>
  terms: Pick<AccountServices['terms'], 'refuseOther'>
  clock: Clock
}

/** How a browser comes back to the service's own callback. */
export interface CallbackResult {
  /** Null if it is not known where the browser was on its way to. */
  purpose: 'SIGN_IN' | 'LINK' | null
  returnTo: string | null
  session: LoginResult | null
  error: unknown
}

/** `present`: what the browser keeps of an earlier sign-in, or null. `viaService`: the service's own callback ends it. */
interface BeginOptions {
  viaService: boolean
  present: string | null
  /** Whether the provider shall ask the person for a proof, even if they are signed in there. */
  isFresh?: boolean
}

/** `replaces`: the session of the browser, which ends with the sign-in. `termsVersion`: what the person has accepted. */
type SignInOptions = BeginOptions & {
  replaces?: { id: string; userId: string } | null
  termsVersion?: string | null
}

export type OAuthService = ReturnType<typeof createOAuthService>

export function createOAuthService({
  flows,
  redirects,
  signInWith,
  linking,
  sessions,
  earlier,
  terms,
  clock,
}: Dependencies) {
  /** Throws INVALID_INPUT at `redirectTo`. */
  const targetOf = (provider: string, redirectTo: string, viaService: boolean) =>
    viaService
      ? { redirectUri: redirects.callbackOf(provider), returnTo: redirects.allowed(redirectTo) }
      : { redirectUri: redirects.ofFrontend(redirectTo), returnTo: null }

  /** The user whose session has begun to link. It may have ended while the browser was away. */
  async function linkingUser({ stored: { userId, sessionId } }: Flow) {
    const user =
      sessionId === null ? undefined : (await sessions.findActiveUsers([sessionId], clock())).get(sessionId)?.user
    if (!user || user.id !== userId) throw oauthFailed()
    return user
  }

  /** The cookies of the session that the browser had do not come back with it: SameSite=Strict. */
  async function endEarlier({ stored: { userId, sessionId: id } }: Flow, client: Client): Promise<void> {
    if (userId !== null && id !== null) await earlier.end({ id, userId }, client)
  }

  /** A state of a frontend can't be used at the service's callback, nor the other way around. */
  async function endOf(callback: Callback, binding: string | null, isOwnCallback: boolean): Promise<Flow> {
    const flow = await flows.end(callback, binding)
    if ((flow.stored.returnTo !== null) !== isOwnCallback) throw oauthFailed()
    return flow
  }

  return {
    /** Throws NOT_FOUND, INVALID_INPUT and SERVICE_UNAVAILABLE. */
    async beginSignIn(
      provider: string,
      redirectTo: string,
      { viaService, present, isFresh = false, replaces = null, termsVersion = null }: SignInOptions,
    ): Promise<Initiation> {
      const target = targetOf(provider, redirectTo, viaService)
      if (termsVersion !== null) terms.refuseOther('termsVersion', termsVersion)
      const session = replaces && { userId: replaces.userId, sessionId: replaces.id }
      return flows.begin({ provider, purpose: 'SIGN_IN', session, ...target, isFresh, termsVersion }, present)
    },

    /** Throws REAUTHENTICATION_REQUIRED and EMAIL_NOT_VERIFIED as well. */
    async beginLink(
      viewer: Viewer,
      provider: string,
      redirectTo: string,
      { viaService, present }: BeginOptions,
    ): Promise<Initiation> {
      await linking.permit(viewer)
      const session = { userId: viewer.user.id, sessionId: viewer.sessionId }
      return flows.begin({ provider, purpose: 'LINK', session, ...targetOf(provider, redirectTo, viaService) }, present)
    },

    /** For a frontend that handles the redirect. */
    async completeSignIn(
      callback: Callback,
      binding: string,
      client: Client,
      deviceToken: string,
    ): Promise<LoginResult> {
      const flow = await endOf(callback, binding, false)
      if (flow.stored.purpose !== 'SIGN_IN') throw oauthFailed()
      return signInWith(flow, callback, client, deviceToken)
    },

    /** For a frontend that handles the redirect. */
    async completeLink(viewer: Viewer, callback: Callback, binding: string) {
      const flow = await endOf(callback, binding, false)
      const { purpose, userId, sessionId } = flow.stored
      if (purpose !== 'LINK' || userId !== viewer.user.id || sessionId !== viewer.sessionId) throw oauthFailed()
      return linking.link(flow, callback, viewer.user, viewer.client)
    },

    /** For the service's own callback. Never rejects: the browser has to be sent somewhere. */
    async callback(
      callback: Callback,
      binding: string | null,
      client: Client,
      deviceToken: string,
    ): Promise<CallbackResult> {
      let to: Pick<CallbackResult, 'purpose' | 'returnTo'> = { purpose: null, returnTo: null }
      try {
        const flow = await endOf(callback, binding, true)
        const { purpose, returnTo } = flow.stored
        to = { purpose, returnTo }
        if (purpose === 'SIGN_IN') {
          const session = await signInWith(flow, callback, client, deviceToken)
          await endEarlier(flow, client)
          return { ...to, session, error: null }
        }
        await linking.link(flow, callback, await linkingUser(flow), client)
        return { ...to, session: null, error: null }
      } catch (error) {
        return { ...to, session: null, error }
      }
    },
  }
}

// What resolvers know about their request: the caller, the cookies and the signed-in user.
import { bearerToken, dpopToken, usesBearer, usesDpop } from '@postern/contract/bearer'
import { ServiceError } from '@postern/service/errors'
import type { StepUp } from '../services/authentication/index.js'
import type { ProvenKey } from '../services/tokens/index.js'
import type { Watch } from '../services/subscriptions/index.js'
import type { Client, IssuedSession, PresentedTokens, SessionService, Viewer } from '../services/sessions/index.js'

/** What a root resolver has returned, perhaps a promise, or thrown. */
export interface Outcome {
  /** The key in the response: the field's alias, or else its name. */
  readonly key: string
  readonly value: unknown
  readonly threw: boolean
}

export interface GraphQLContext {
  readonly client: Client
  /** Null if the tokens of this request travel in bodies and headers. */
  readonly cookies: SessionCookies | null
  /** Of the root fields that have run in this request before it was passed on. Null for nearly all requests. */
  recorded: readonly Outcome[] | null
  /** The connection of a subscription, which follows the account of its user. Null for queries and mutations. */
  watch: Watch | null
  /** The signed-in user, read from MySQL: once per query, and again for each mutation. Throws UNAUTHENTICATED. */
  viewer(): Promise<Viewer>
  /**
   * Like {@link viewer}, which throws MFA_ENROLLMENT_REQUIRED for a session that may only set up a second factor. For what
   * such a session may do.
   */
  anyViewer(): Promise<Viewer>
  /**
   * Like {@link viewer}, for an administrator. Throws FORBIDDEN for other users; and outside of queries
   * REAUTHENTICATION_REQUIRED, unless the administrator has recently proved who they are.
   */
  admin(): Promise<Viewer>
  /** What the request has sent of a session, valid or not. */
  presented(): Promise<PresentedTokens>
  /** Records the user of a request that has no viewer, such as a login, for the log. */
  identify(userId: string): void
  /** Clears the viewer's cookies after their session has ended. With a token in a header, the cookies are another session's. */
  forgetCookies(options?: { device: boolean }): void
}

/** The tokens of a browser in cookies that no script can read. */
export interface SessionCookies {
  /** Null if the browser sent none, or the request may not use cookies. */
  readonly accessToken: string | null
  readonly refreshToken: string | null
  readonly deviceToken: string | null
  /** What this browser keeps of a sign-in at a provider that has begun. */
  readonly oauthBinding: string | null
  /** Call it before any work whose result goes to set(). Throws FORBIDDEN if the request may not use cookies. */
  permit(): void
  /** `deviceToken`: of a login. It outlives the session. */
  set(session: IssuedSession & { deviceToken?: string }): void
  /** Has the browser keep what binds a sign-in at a provider to it, with its device token. */
  keepOAuth(binding: string): void
  /** Makes the browser delete the cookies of the session. `device`: the one of the device as well. */
  clear(options?: { device: boolean }): void
}

export interface Caller {
  authorization: string | undefined
  cookies: SessionCookies | null
  /** Checks the DPoP proof of the request, once. Null if it has none. */
  checkProof: (() => Promise<ProvenKey>) | null
  ipAddress: string
  userAgent: string | undefined
  requestId: string
  /** Creates a signal that aborts when the client disconnects before it has its response. */
  createSignal: () => AbortSignal
  /** True once the operation is known to be a query. */
  isQuery: () => boolean
  /** Called with each user that the request is known to act for. */
  onUser: (userId: string) => void
}

/** Throws MFA_ENROLLMENT_REQUIRED for a session that may only set up a second factor. */
export function withFactors(viewer: Viewer): Viewer {
  if (viewer.mustEnroll) throw new ServiceError('MFA_ENROLLMENT_REQUIRED')
  return viewer
}

const tokenIn = ({ authorization }: Caller): string | null => bearerToken(authorization) ?? dpopToken(authorization)

/** Where the browser keeps the tokens, no script can prove anything about them: only one of the two protects a session. */
async function proveKey({ cookies, checkProof }: Caller): Promise<ProvenKey | null> {
  if (!checkProof) return null
  if (!cookies) return checkProof()
  const message = 'A session in cookies is bound to no key: send no DPoP header, or request no cookies.'
  throw new ServiceError('FORBIDDEN', { message })
}

/** How contexts find out who the caller is, and how recently that was proved. */
export interface Identification {
  sessions: { sessions: SessionService }
  authentication: { stepUp: Pick<StepUp, 'require'> }
}

export function createContext({ sessions, authentication }: Identification, caller: Caller): GraphQLContext {
  // A token in a header takes precedence over the cookie even if it is invalid.
  const isBound = usesDpop(caller.authorization)
  const hasToken = isBound || usesBearer(caller.authorization)
  let provenKey: Promise<ProvenKey | null> | null = null
  let queryViewer: Promise<Viewer> | null = null
  let signal: AbortSignal | null = null

  const client: Client = {
    ipAddress: caller.ipAddress.slice(0, 45) || null,
    userAgent: caller.userAgent?.slice(0, 255) ?? null,
    requestId: caller.requestId,
    // Few operations need it.
    get signal() {
      return (signal ??= caller.createSignal())
    },
    // Once per request, however many of its operations need it.
    provenKey: () => (provenKey ??= proveKey(caller)),
  }

  async function authenticate(): Promise<Viewer> {
    const token = hasToken ? tokenIn(caller) : (caller.cookies?.accessToken ?? null)
    if (token === null) throw new ServiceError('UNAUTHENTICATED')
    const viewer = await sessions.sessions.authenticate(token, client, isBound ? 'DPoP' : 'Bearer')
    caller.onUser(viewer.user.id)
    return viewer
  }

  function anyViewer(): Promise<Viewer> {
    // A mutation must see that an earlier one in the same request has ended the session. Queries change nothing.
    return caller.isQuery() ? (queryViewer ??= authenticate()) : authenticate()
  }

  const viewer = async (): Promise<Viewer> => withFactors(await anyViewer())

  return {
    client,
    cookies: caller.cookies,
    recorded: null,
    watch: null,
    viewer,
    anyViewer,
    identify: caller.onUser,
    async presented() {
      const dpopKey = isBound ? ((await client.provenKey())?.thumbprint ?? null) : null
      if (hasToken) return { accessToken: tokenIn(caller), refreshToken: null, dpopKey }
      const { accessToken = null, refreshToken = null } = caller.cookies ?? {}
      return { accessToken, refreshToken, dpopKey }
    },
    forgetCookies(options) {
      if (!hasToken) caller.cookies?.clear(options)
    },
    async admin() {
      // Not `viewer`: a context made of this one may have a viewer of its own (call-limits.ts).
      const found = await this.viewer()
      if (found.user.role !== 'ADMIN') throw new ServiceError('FORBIDDEN')
      // Here, so that no operation of administrators can leave it out.
      if (!caller.isQuery()) await authentication.stepUp.require(found)
      return found
    },
  }
}

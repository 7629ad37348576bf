import { bearerToken, usesBearer } from '@postern/contract/bearer'
import { AuthError } from './errors.js'
import type { Client, IssuedSession, SessionService, Viewer } from './services/sessions.js'

/** What a resolver knows of its request. */
export interface GraphQLContext {
  readonly client: Client
  /** Where the tokens of this request travel in cookies; null when they travel in bodies and headers. */
  readonly cookies: SessionCookies | null
  /** The signed-in user, as MySQL knows them at this moment. Throws UNAUTHENTICATED. */
  viewer(): Promise<Viewer>
  /** The same, for an administrator. Throws FORBIDDEN for anybody else. */
  admin(): Promise<Viewer>
  /** Once the viewer's session has ended: clears its cookies, but not another session's beside a Bearer header. */
  forgetCookies(): void
}

/** The tokens of a browser that keeps them where no script can read them. */
export interface SessionCookies {
  /** Null when the browser sent none, or the request may not use cookies. */
  readonly accessToken: string | null
  readonly refreshToken: string | null
  /** To be asked before anything is done whose answer is set(). Throws FORBIDDEN when the request may not use cookies. */
  permit(): void
  set(session: IssuedSession): void
  /** Makes the browser forget both. */
  clear(): void
}

export interface Caller {
  authorization: string | undefined
  cookies: SessionCookies | null
  ipAddress: string
  userAgent: string | undefined
}

export function createContext(sessions: SessionService, caller: Caller): GraphQLContext {
  // A Bearer header wins over the cookie, also when its token is bad: whoever sends one means that one.
  const hasBearer = usesBearer(caller.authorization)

  // Not remembered: of several mutations in one request, each one sees what those before it have ended.
  async function viewer(): Promise<Viewer> {
    const token = hasBearer ? bearerToken(caller.authorization) : (caller.cookies?.accessToken ?? null)
    if (token === null) throw new AuthError('UNAUTHENTICATED')
    return sessions.authenticate(token)
  }

  return {
    client: { ipAddress: caller.ipAddress.slice(0, 45), userAgent: caller.userAgent?.slice(0, 255) ?? null },
    cookies: caller.cookies,
    viewer,
    forgetCookies() {
      if (!hasBearer) caller.cookies?.clear()
    },
    async admin() {
      const someone = await viewer()
      if (someone.user.role !== 'ADMIN') throw new AuthError('FORBIDDEN')
      return someone
    },
  }
}

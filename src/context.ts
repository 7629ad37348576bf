import { AuthError } from './errors.js'
import type { Client, SessionService, Viewer } from './services/sessions.js'

/** What a resolver knows of its request. */
export interface GraphQLContext {
  readonly client: Client
  /** The signed-in user, looked up once a request and only when asked for. Throws UNAUTHENTICATED. */
  viewer(): Promise<Viewer>
  /** The same, for an administrator. Throws FORBIDDEN for anybody else. */
  admin(): Promise<Viewer>
}

export interface RequestFacts {
  authorization: string | undefined
  ipAddress: string
  userAgent: string | undefined
}

/** RFC 6750: the scheme in any case, one space or more, and a token without spaces. */
const bearerToken = (authorization: string | undefined): string | null =>
  /^Bearer +([^\s]+)$/i.exec(authorization ?? '')?.[1] ?? null

export function createContext(sessions: SessionService, request: RequestFacts): GraphQLContext {
  let found: Promise<Viewer> | undefined

  function authenticate(): Promise<Viewer> {
    const token = bearerToken(request.authorization)
    return token === null ? Promise.reject(new AuthError('UNAUTHENTICATED')) : sessions.authenticate(token)
  }

  const viewer = () => (found ??= authenticate())

  return {
    client: { ipAddress: request.ipAddress.slice(0, 45), userAgent: request.userAgent?.slice(0, 255) ?? null },
    viewer,
    async admin() {
      const someone = await viewer()
      if (someone.user.role !== 'ADMIN') throw new AuthError('FORBIDDEN')
      return someone
    },
  }
}

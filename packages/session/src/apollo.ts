/**
 * The context function for Apollo Server 4 and 5, GraphQL Yoga and Next.js.
 *
 * @packageDocumentation
 */
import {
  attemptLater,
  checkAmr,
  checkRecentAuth,
  checkRole,
  createLaterAuthenticator,
  type Auth,
  type ValidatesLater,
} from './auth.js'
import { SessionError } from './errors.js'
import { requestIn, type AnyRequest } from './request-headers.js'
import type { TokenSourceOptions } from './token-source.js'

export type { Auth, ValidatesLater } from './auth.js'

/** The argument of a context function: under Express, standalone, Fastify, Next.js, GraphQL Yoga and Hono. */
export type ContextSource =
  AnyRequest | { readonly req: AnyRequest | { readonly raw: AnyRequest } } | { readonly request: AnyRequest }

/** The context of resolvers. */
export interface SessionContext {
  /** The authenticated user, or null for an anonymous request. */
  readonly auth: Auth | null
  /** Returns the authenticated user. Throws UNAUTHENTICATED (HTTP 401) or, in an outage, SERVICE_UNAVAILABLE (503). */
  requireAuth(): Auth
  /** Also throws FORBIDDEN (HTTP 403) if the user lacks the role. */
  requireRole(role: string): Auth
  /** Throws REAUTHENTICATION_REQUIRED (HTTP 401) if the last proof of who the person is, is older than `seconds`. */
  requireRecentAuth(seconds: number): Auth
  /** Throws REAUTHENTICATION_REQUIRED (HTTP 401) if the person has not signed in with all of these methods, such as `mfa`. */
  requireAmr(...methods: readonly string[]): Auth
}

/**
 * Creates the context function. It refuses no request, so public fields stay public: each resolver decides what it
 * requires. The errors carry `extensions.code`, and the HTTP status and headers for Apollo.
 *
 * The function takes what the server gives it: a request, or an object with the request as `req` or `request`. It throws a
 * TypeError for anything else.
 *
 * @example
 * ```ts
 * import { ApolloServer } from '@apollo/server'
 * import { startStandaloneServer } from '@apollo/server/standalone'
 * import { createSessionValidator } from '@postern/session'
 * import { sessionContext, type SessionContext } from '@postern/session/apollo'
 *
 * const sessions = await createSessionValidator({ secret: process.env['JWT_SECRET']!, redis: 'redis://localhost' })
 *
 * const server = new ApolloServer<SessionContext>({
 *   typeDefs: 'type Query { me: ID! }',
 *   resolvers: { Query: { me: (_parent: unknown, _args: unknown, context: SessionContext) => context.requireAuth().userId } },
 * })
 * await startStandaloneServer(server, { context: sessionContext(sessions) })
 * ```
 */
export function sessionContext(
  sessions: ValidatesLater,
  options: TokenSourceOptions = {},
): (given: ContextSource) => Promise<SessionContext> {
  const authenticate = createLaterAuthenticator(sessions, options)
  return async (given) => {
    const found = await attemptLater(authenticate(requestIn(given) ?? (given as AnyRequest)))
    const auth = found instanceof SessionError ? null : found
    const requireAuth = (): Auth => {
      if (found instanceof SessionError) throw found
      return found
    }
    return {
      ...{ auth, requireAuth },
      requireRole: (role) => checkRole(requireAuth(), role),
      requireRecentAuth: (seconds) => checkRecentAuth(requireAuth(), seconds),
      requireAmr: (...methods) => checkAmr(requireAuth(), methods),
    }
  }
}

/**
 * The context function for Apollo Server 4 and 5, under Express, Fastify or standalone.
 *
 * @packageDocumentation
 */
import { attempt, checkRole, createAuthenticator, type Auth, type Validates } from './auth.js'
import { SessionError } from './errors.js'
import type { TokenSourceOptions, WithHeaders } from './token-source.js'

export type { Auth } from './auth.js'

/** The context of resolvers. */
export interface SessionContext {
  /** The authenticated user, or null for an anonymous request. */
  readonly auth: Auth | null
  /** Returns the authenticated user. Throws UNAUTHENTICATED (HTTP 401) or, in an outage, SERVICE_UNAVAILABLE (503). */
  requireAuth(): Auth
  /** Also throws FORBIDDEN (HTTP 403) if the user lacks the role. */
  requireRole(role: string): Auth
}

/**
 * Creates the context function. It refuses no request, so public fields stay public: each resolver decides what it
 * requires. The errors carry `extensions.code`, and the HTTP status and headers for Apollo.
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
  sessions: Validates,
  options: TokenSourceOptions = {},
): (given: WithHeaders | { req: WithHeaders }) => Promise<SessionContext> {
  const authenticate = createAuthenticator(sessions, options)
  return async (given) => {
    const found = attempt(() => authenticate('req' in given ? given.req : given))
    const auth = found instanceof SessionError ? null : found
    const requireAuth = (): Auth => {
      if (found instanceof SessionError) throw found
      return found
    }
    return { auth, requireAuth, requireRole: (role) => checkRole(requireAuth(), role) }
  }
}

// Delivers the tokens of a new or refreshed session: in cookies if the request uses them, else in the response body.
import type { EarlierSessions, IssuedSession } from '../services/sessions/index.js'
import type { GraphQLContext, SessionCookies } from './context.js'

/** In cookie mode sets the cookies and empties the body's tokens. Throws FORBIDDEN before it issues anything. */
export async function deliverSession<Session extends IssuedSession & { deviceToken?: string }>(
  cookies: SessionCookies | null,
  issue: () => Promise<Session>,
): Promise<Session> {
  if (!cookies) return issue()
  // Checked first: a session whose tokens can't be delivered must not start.
  cookies.permit()
  const session = await issue()
  cookies.set(session)
  return { ...session, token: '', refreshToken: '', ...('deviceToken' in session && { deviceToken: '' }) }
}

/** The same for a sign-in, which replaces the session that the caller had before. */
export const deliverSignIn = <Session extends IssuedSession & { deviceToken: string }>(
  context: GraphQLContext,
  earlier: EarlierSessions,
  signIn: () => Promise<Session>,
): Promise<Session> =>
  deliverSession(context.cookies, async () => {
    const session = await signIn()
    await earlier.replace(context.presented(), context.client)
    return session
  })

// Delivers the tokens of a new or refreshed session: in cookies if the request uses them, else in the response body.
import type { EarlierSessions, IssuedSession } from '../services/sessions/index.js'
import type { GraphQLContext } from './context.js'

/**
 * In cookie mode sets the cookies and empties the body's tokens. Throws FORBIDDEN, INVALID_DPOP_PROOF and USE_DPOP_NONCE before
 * it issues anything, or uses anything up.
 */
export async function deliverSession<Session extends IssuedSession & { deviceToken?: string }>(
  { cookies, client }: Pick<GraphQLContext, 'cookies' | 'client'>,
  issue: () => Promise<Session>,
): Promise<Session> {
  // Checked first: a session whose tokens can't be delivered must not start.
  cookies?.permit()
  await client.provenKey()
  const session = await issue()
  if (!cookies) return session
  cookies.set(session)
  return { ...session, token: '', refreshToken: '', ...('deviceToken' in session && { deviceToken: '' }) }
}

/** The same for a sign-in, which replaces the session that the caller had before. */
export const deliverSignIn = <Session extends IssuedSession & { deviceToken: string }>(
  context: GraphQLContext,
  earlier: EarlierSessions,
  signIn: () => Promise<Session>,
): Promise<Session> =>
  deliverSession(context, async () => {
    const session = await signIn()
    await earlier.replace(await context.presented(), context.client)
    return session
  })

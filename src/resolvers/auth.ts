import type { SessionCookies } from '../context.js'
import type { MutationResolvers } from '../generated/graphql.js'
import { parse, type Inputs } from '../schema/inputs.js'
import type { LoginService } from '../services/login.js'
import type { RegistrationService } from '../services/registration.js'
import type { RefreshService } from '../services/refresh.js'
import type { SessionEndings } from '../services/session-endings.js'
import type { IssuedSession } from '../services/sessions.js'

export function authMutations(
  inputs: Inputs,
  {
    registration,
    login,
    refresh,
    endings,
  }: { registration: RegistrationService; login: LoginService; refresh: RefreshService; endings: SessionEndings },
) {
  return {
    async register(_, args) {
      const user = await registration.register(parse(inputs.register, args.input))
      return { message: 'Your account is ready. Sign in to use it.', user }
    },

    async login(_, args, context) {
      const input = parse(inputs.login, args.input)
      const session = await deliver(context.cookies, () => login.login(input, context.client))
      return { ...session, userId: session.user.id, email: session.user.email }
    },

    async logout(_, _args, context) {
      await endings.logout(await context.viewer())
      context.forgetCookies()
      return true
    },

    async logoutAll(_, _args, context) {
      const count = await endings.logoutAll(await context.viewer())
      context.forgetCookies()
      return count
    },

    async refreshToken(_, args, { cookies }) {
      const token = args.token || (cookies?.refreshToken ?? '')
      return deliver(cookies, () => refresh.refresh(token, args.userID ?? null))
    },
  } satisfies MutationResolvers
}

/** Tokens go into cookies where the request uses them; the fields of the body are empty then. */
async function deliver<Session extends IssuedSession>(
  cookies: SessionCookies | null,
  issue: () => Promise<Session>,
): Promise<Session> {
  if (!cookies) return issue()
  // Before: a session that nobody hears of should not exist.
  cookies.permit()
  const session = await issue()
  cookies.set(session)
  return { ...session, token: '', refreshToken: '' }
}

// The operations of authentication.graphql.
import type { MutationResolvers } from '../generated/graphql.js'
import { authenticationInputs } from '../schema/authentication.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { AuthenticationServices } from '../services/authentication/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import { deliverSession, deliverSignIn } from './session-delivery.js'

export function authenticationMutations(
  { login, refresh }: AuthenticationServices,
  { endings, earlier }: Pick<SessionServices, 'endings' | 'earlier'>,
) {
  return {
    async login(_, args, context) {
      const input = parse(authenticationInputs.login, args.input)
      const device = context.cookies?.deviceToken ?? input.deviceToken ?? ''
      const session = await deliverSignIn(context, earlier, () => login.login(input, context.client, device))
      const { id: userId, email } = session.user
      context.identify(userId)
      return { ...session, userId, email }
    },

    async logout(_, _args, context) {
      await endings.logout(await context.anyViewer())
      context.forgetCookies()
      return true
    },

    async logoutAll(_, _args, context) {
      const count = await endings.logoutAll(await context.anyViewer())
      context.forgetCookies()
      return count
    },

    async refreshToken(_, args, context) {
      const token = args.token || (context.cookies?.refreshToken ?? '')
      const { userId } = parse(authenticationInputs.refreshToken, args)
      return deliverSession(context, () => refresh.refresh(token, userId, context.client))
    },
  } satisfies MutationResolvers
}

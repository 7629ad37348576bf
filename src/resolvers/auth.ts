import type { MutationResolvers } from '../generated/graphql.js'
import { parse, type Inputs } from '../schema/inputs.js'
import type { LoginService } from '../services/login.js'
import type { RegistrationService } from '../services/registration.js'
import type { SessionService } from '../services/sessions.js'

export function authMutations(
  inputs: Inputs,
  {
    registration,
    login,
    sessions,
  }: { registration: RegistrationService; login: LoginService; sessions: SessionService },
) {
  return {
    async register(_, args) {
      const user = await registration.register(parse(inputs.register, args.input))
      return { message: 'Your account is ready. Sign in to use it.', user }
    },

    async login(_, args, context) {
      const session = await login.login(parse(inputs.login, args.input), context.client)
      return { ...session, userId: session.user.id, email: session.user.email }
    },

    async logout(_, _args, context) {
      await sessions.logout(await context.viewer())
      return true
    },
  } satisfies MutationResolvers
}

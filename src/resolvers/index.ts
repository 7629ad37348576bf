import type { Policy, Resolvers } from '../generated/graphql.js'
import { createInputs } from '../schema/inputs.js'
import type { AccountService } from '../services/account.js'
import type { LoginService } from '../services/login.js'
import type { ProfileService } from '../services/profiles.js'
import type { RefreshService } from '../services/refresh.js'
import type { RegistrationService } from '../services/registration.js'
import type { RoleService } from '../services/roles.js'
import type { SessionEndings } from '../services/session-endings.js'
import type { SessionService } from '../services/sessions.js'
import { accountMutations, accountQueries, User } from './account.js'
import { authMutations } from './auth.js'
import { DateTime } from './scalars.js'
import { sessionMutations, sessionQueries } from './sessions.js'
import { usernameMutations, usernameQueries, type UsernameServices, usernameTypes } from './usernames.js'

export interface Services {
  registration: RegistrationService
  login: LoginService
  sessions: SessionService
  refresh: RefreshService
  endings: SessionEndings
  roles: RoleService
  profiles: ProfileService
  account: AccountService
  usernames: UsernameServices
}

/** Every field that is not simply a property of its parent. */
export function createResolvers(services: Services, policy: Policy): Resolvers {
  const inputs = createInputs(policy)
  return {
    DateTime,
    Query: {
      ...accountQueries(inputs, services.profiles),
      ...sessionQueries(services.sessions),
      ...usernameQueries(inputs, services.usernames, services.profiles),
      policy: () => policy,
    },
    Mutation: {
      ...authMutations(inputs, services),
      ...accountMutations(inputs, services.profiles, services.account),
      ...sessionMutations(services.endings, services.roles, services.profiles),
      ...usernameMutations(services.usernames),
    },
    User,
    ...usernameTypes(inputs, services.usernames),
  }
}

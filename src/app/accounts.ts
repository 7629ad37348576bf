// Builds accounts: registration, profiles, password changes, deletion and roles.
import type { Clock } from '../platform/clock.js'
import {
  type AccountServices,
  createAccountService,
  createProfileService,
  createRegistrationService,
  createRoleService,
} from '../services/accounts/index.js'
import type { PasswordService } from '../services/passwords/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../services/usernames/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

export function createAccounts(
  { transactions }: Stores,
  repositories: Repositories,
  dependencies: {
    passwords: PasswordService
    revocations: RevocationService
    usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  },
  clock: Clock,
): AccountServices {
  const { passwords, revocations, usernames } = dependencies
  const { users } = repositories
  return {
    registration: createRegistrationService({ transactions, repositories, usernames, passwords, clock }),
    profiles: createProfileService({ transactions, users, claims: usernames.claims, clock }),
    account: createAccountService({
      transactions,
      repositories,
      passwords,
      revocations,
      claims: usernames.claims,
      clock,
    }),
    roles: createRoleService({ transactions, repositories, revocations, clock }),
  }
}

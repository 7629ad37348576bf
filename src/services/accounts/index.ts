// Accounts: registration, profiles, roles, and changes that end everything a user holds.
import type { AccountService } from './account.js'
import type { ProfileService } from './profiles.js'
import type { RegistrationService } from './registration.js'
import type { RoleService } from './roles.js'

export { createAccountService } from './account.js'
export { createProfileService, type ProfileService } from './profiles.js'
export { createRegistrationService } from './registration.js'
export { createRoleService } from './roles.js'

export interface AccountServices {
  registration: RegistrationService
  profiles: ProfileService
  account: AccountService
  roles: RoleService
}

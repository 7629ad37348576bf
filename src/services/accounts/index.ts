// Accounts: registration, import, profiles, lists of users, password changes, roles and deletion.
import type { DeletionService } from './deletion.js'
import type { ImportService } from './import/import.js'
import type { UserListing } from './listing.js'
import type { OperationService } from './operation.js'
import type { PasswordChangeService } from './password-changes.js'
import type { ProfileService } from './profiles.js'
import type { RegistrationService } from './registration.js'
import type { RoleService } from './roles.js'

export { createDeletionService } from './deletion.js'
export { createImportService } from './import/import.js'
export { createUserListing, type UserListing } from './listing.js'
export { createOperationService } from './operation.js'
export { createVerifyOwnPassword, type VerifyOwnPassword, withSecondFactor } from './own-password.js'
export { createPasswordChangeService } from './password-changes.js'
export { createProfileService, type ProfileService } from './profiles.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { Profile } from './profiles.js'
export { createRegistrationService } from './registration.js'
export { createRegistrationByProvider, type RegisterByProvider } from './registration-by-provider.js'
export { withoutPassword } from './without-password.js'
export { createRoleService } from './roles.js'

export interface AccountServices {
  registration: RegistrationService
  profiles: ProfileService
  listing: UserListing
  passwordChanges: PasswordChangeService
  deletion: DeletionService
  roles: RoleService
  operation: OperationService
  imports: ImportService
}

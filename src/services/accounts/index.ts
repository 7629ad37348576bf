// Accounts: registration, import, profiles, lists of users, password changes, roles, terms, invitations, export, deletion and
// administration.
import type { Admission } from './admission.js'
import type { Contacts } from './contacts.js'
import type { DataExportService } from './data-export.js'
import type { DeletionService } from './deletion.js'
import type { DeletionCancellation } from './deletion-cancellation.js'
import type { Disabling } from './disabling.js'
import type { DueDeletions } from './due-deletions.js'
import type { ImportService } from './import/import.js'
import type { InvitationService } from './invitations.js'
import type { UserListing } from './listing.js'
import type { ManagedAccounts } from './managed-accounts.js'
import type { OperationService } from './operation.js'
import type { PasswordChangeService } from './password-changes.js'
import type { ProfileService } from './profiles.js'
import type { RegistrationService } from './registration.js'
import type { RoleService } from './roles.js'
import type { TermsService } from './terms.js'
import type { SearchUsers } from './user-search.js'

export { type Admission, createAdmission } from './admission.js'
export { type Contacts, createContacts } from './contacts.js'
export { createDataExportService, EXPORT_LINK_SECONDS } from './data-export.js'
export { createDeletionService } from './deletion.js'
export { createRemindOfDeletion, type RemindOfDeletion } from './deletion-reminder.js'
export { createDeletionCancellation } from './deletion-cancellation.js'
export { createDisabling } from './disabling.js'
export { createDueDeletions, type DueDeletions } from './due-deletions.js'
export { createEraseAccount } from './erasure.js'
export { createImportService } from './import/import.js'
export { createInvitationCodeOf } from './invitation-codes.js'
export { createInvitationService } from './invitations.js'
export { createUserListing, type UserListing } from './listing.js'
export { createManagedAccounts } from './managed-accounts.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { AdministeredAccount } from './managed-accounts.js'
export { createOperationService } from './operation.js'
export { createVerifyOwnPassword, type VerifyOwnPassword, withSecondFactor } from './own-password.js'
export { createConfirmOwner } from './owner-confirmation.js'
export { createPasswordChangeService } from './password-changes.js'
export { createProfileService, type ProfileService } from './profiles.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { Profile } from './profiles.js'
export { createRegistrationService } from './registration.js'
export { createRegistrationByProvider, type RegisterByProvider } from './registration-by-provider.js'
export { withoutPassword } from './without-password.js'
export { createRoleService } from './roles.js'
export { createTermsService } from './terms.js'
export { createUserSearch } from './user-search.js'

export interface AccountServices {
  contacts: Contacts
  registration: RegistrationService
  profiles: ProfileService
  listing: UserListing
  passwordChanges: PasswordChangeService
  deletion: DeletionService
  cancellation: DeletionCancellation
  dueDeletions: DueDeletions
  dataExport: DataExportService
  terms: TermsService
  invitations: InvitationService
  admission: Admission
  roles: RoleService
  operation: OperationService
  disabling: Disabling
  managed: ManagedAccounts
  search: SearchUsers
  imports: ImportService
}

// How other services of the deployment reach a user whom they know by id.
import type { UserRepository, UserRole } from '../../repositories/accounts/users.js'

export interface Contact {
  email: string
  isEmailVerified: boolean
  /** By an administrator, or because the owner has requested the deletion of the account. */
  isDisabled: boolean
  roles: readonly UserRole[]
}

export type Contacts = ReturnType<typeof createContacts>

export const createContacts = (users: Pick<UserRepository, 'findById'>) => ({
  /** Null if there is no such user. */
  async find(userId: string): Promise<Contact | null> {
    const user = await users.findById(userId)
    if (!user) return null
    const { email, emailVerifiedAt, disabledAt, role } = user
    return { email, isEmailVerified: emailVerifiedAt !== null, isDisabled: disabledAt !== null, roles: [role] }
  },
})

// Verifies the user's password again before a change that can't be undone.
import { invalidField } from '../../platform/errors.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { type PasswordService, userRequester } from '../passwords/index.js'
import type { Viewer } from '../sessions/index.js'

/** Returns the hash that was verified. Throws INVALID_INPUT that names the field that the password was given in. */
export type VerifyOwnPassword = (viewer: Viewer, password: string, field: string) => Promise<string>

export const createVerifyOwnPassword =
  (users: UserRepository, passwords: PasswordService): VerifyOwnPassword =>
  async ({ user }, password, field) => {
    const account = await users.findPassword(user.id)
    const matches = await passwords.verify(account?.passwordHash ?? null, password, userRequester(user.id))
    if (!account || !matches) throw invalidField(field, 'This is not your password.')
    return account.passwordHash
  }

// Verifies the user's password again before a change that can't be undone.
import { invalidField } from '@postern/service/errors'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { type Refusals, userActor } from '../audit/index.js'
import { type PasswordService, userRequester } from '../passwords/index.js'
import type { Viewer } from '../sessions/index.js'

/** For which action the password is given, and in which field. */
export interface PasswordUse {
  action: 'CHANGE_PASSWORD' | 'DELETE_ACCOUNT' | 'REQUEST_EMAIL_CHANGE' | 'REAUTHENTICATE'
  field: string
}

/** Returns the hash that was verified. Throws INVALID_INPUT that names the field that the password was given in. */
export type VerifyOwnPassword = (viewer: Viewer, password: string, use: PasswordUse) => Promise<string>

/**
 * For changes: the password proves the first factor, but not the second. `requireSecondFactor` throws
 * REAUTHENTICATION_REQUIRED, before the password is looked at.
 */
export const withSecondFactor =
  (verify: VerifyOwnPassword, requireSecondFactor: (viewer: Viewer) => Promise<void>): VerifyOwnPassword =>
  async (viewer, password, use) => {
    await requireSecondFactor(viewer)
    return verify(viewer, password, use)
  }

export const createVerifyOwnPassword =
  (users: UserRepository, passwords: PasswordService, refusals: Refusals): VerifyOwnPassword =>
  async (viewer, password, { action, field }) => {
    const { user } = viewer
    const account = await users.findPassword(user.id)
    const matches = await passwords.verify(account?.passwordHash ?? null, password, userRequester(user.id))
    if (!account || !matches) {
      refusals.note({ action, result: 'FAILURE', actor: userActor(viewer), accountId: user.id })
      throw invalidField(field, 'This is not your password.')
    }
    return account.passwordHash
  }

// Confirms that the person at the device is the owner of the account: by the password, or by a recent sign-in without one.
import { invalidField } from '@postern/service/errors'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Viewer } from '../sessions/index.js'
import type { PasswordUse, VerifyOwnPassword } from './own-password.js'

/** `password`: null if the account has none. Throws INVALID_INPUT at its field, and REAUTHENTICATION_REQUIRED. */
export type ConfirmOwner = (viewer: Viewer, password: string | null, use: PasswordUse) => Promise<void>

export const createConfirmOwner =
  ({
    users,
    verifyOwnPassword,
    requireRecentProof,
  }: {
    users: Pick<UserRepository, 'findPassword'>
    verifyOwnPassword: VerifyOwnPassword
    requireRecentProof: (viewer: Viewer) => Promise<void>
  }): ConfirmOwner =>
  async (viewer, password, use) => {
    if (password !== null) {
      await verifyOwnPassword(viewer, password, use)
      return
    }
    if (await users.findPassword(viewer.user.id)) throw invalidField(use.field, 'Enter your password.')
    await requireRecentProof(viewer)
  }

// What takes the place of the current password in an account that has none: a recent sign-in.
import { invalidField } from '../../platform/errors.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Viewer } from '../sessions/index.js'
import type { VerifyOwnPassword } from './own-password.js'

/**
 * For an account without a password, `requireRecent` throws REAUTHENTICATION_REQUIRED, and whatever was given as the password
 * does not matter. There is none to change: `resetPassword` sets the first one.
 */
export const withoutPassword =
  (
    verify: VerifyOwnPassword,
    users: Pick<UserRepository, 'findPassword'>,
    requireRecent: (viewer: Viewer) => Promise<void>,
  ): VerifyOwnPassword =>
  async (viewer, password, use) => {
    if (await users.findPassword(viewer.user.id)) return verify(viewer, password, use)
    if (use.action === 'CHANGE_PASSWORD')
      throw invalidField(
        use.field,
        'Your account has no password yet. Set one by mail: choose "Forgot your password?".',
      )
    await requireRecent(viewer)
    return ''
  }

// What takes the place of the current password in an account that has none: a recent sign-in.
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Viewer } from '../sessions/index.js'
import type { VerifyOwnPassword } from './own-password.js'

/**
 * For an account without a password, it ignores the given password, and `requireRecent` throws REAUTHENTICATION_REQUIRED. It then
 * returns an empty hash.
 */
export const withoutPassword =
  (
    verify: VerifyOwnPassword,
    users: Pick<UserRepository, 'findPassword'>,
    requireRecent: (viewer: Viewer) => Promise<void>,
  ): VerifyOwnPassword =>
  async (viewer, password, use) => {
    if (await users.findPassword(viewer.user.id)) return verify(viewer, password, use)
    await requireRecent(viewer)
    return ''
  }

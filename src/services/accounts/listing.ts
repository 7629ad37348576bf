// Finds users for others: page by page for administrators, and by id those that a user may see.
import { isId } from '@postern/service/ids'
import { type PageRange, readPage } from '@postern/service/pages'
import type { UserRecord, UserRepository, UserRole } from '../../repositories/accounts/users.js'
import type { Viewer } from '../sessions/index.js'

export type UserListing = ReturnType<typeof createUserListing>

export function createUserListing(users: UserRepository) {
  return {
    /** Users in the order in which they registered. */
    async list({ role, ...range }: PageRange & { role: UserRole | null }) {
      return readPage(
        range,
        (limit) => users.list({ role, ...range, limit }),
        (behind) => users.exists(role, behind),
      )
    },

    /** The users with these ids that the viewer may see: all for an administrator, otherwise only the viewer. */
    async findVisible({ user }: Viewer, ids: readonly string[]): Promise<UserRecord[]> {
      if (user.role === 'ADMIN') return users.findByIds(ids.filter(isId))
      return ids.includes(user.id) ? [user] : []
    },
  }
}

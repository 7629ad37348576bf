// Finds users for others: page by page for administrators, and by id those that a user may see.
import { isId } from '../../platform/ids.js'
import type { UserRecord, UserRepository, UserRole } from '../../repositories/accounts/users.js'
import type { Viewer } from '../sessions/index.js'

interface Page {
  role: UserRole | null
  /** The page is between these ids, without the users themselves. */
  after: string | null
  before: string | null
  size: number
  /** True to take the page from the end. */
  backward: boolean
}

export type UserListing = ReturnType<typeof createUserListing>

export function createUserListing(users: UserRepository) {
  return {
    /**
     * Users in the order in which they registered. As in the Relay specification, it is always known whether there are
     * more ahead, in the direction of paging, and only with a cursor whether there are any behind.
     */
    async list({ role, after, before, size, backward }: Page) {
      const behind = backward ? before !== null && { from: before } : after !== null && { upTo: after }
      const [found, isBehind] = await Promise.all([
        // One more than requested shows whether there is another page.
        users.list({ role, after, before, limit: size + 1, backward }),
        behind && users.exists(role, behind),
      ])
      const page = found.slice(0, size)
      const isAhead = found.length > size
      return backward
        ? { users: page.reverse(), hasPreviousPage: isAhead, hasNextPage: isBehind }
        : { users: page, hasPreviousPage: isBehind, hasNextPage: isAhead }
    },

    /** The users with these ids that the viewer may see: all for an administrator, otherwise only the viewer. */
    async findVisible({ user }: Viewer, ids: readonly string[]): Promise<UserRecord[]> {
      if (user.role === 'ADMIN') return users.findByIds(ids.filter(isId))
      return ids.includes(user.id) ? [user] : []
    },
  }
}

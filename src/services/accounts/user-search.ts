// Finds users for administrators as they type: by the beginning of an email address or username, or by an id.
import { canonicalUsername } from '@postern/contract/usernames'
import { foldedForms, foldEmail } from '../../platform/emails.js'
import { isId } from '@postern/service/ids'
import type { UserSearchRepository } from '../../repositories/accounts/user-search.js'
import type { UserRecord, UserRepository } from '../../repositories/accounts/users.js'

/** The beginning of a canonical username. Nothing else is looked up: the column is ASCII. */
const USERNAME_START = /^[a-z0-9_-]{1,30}$/

export type SearchUsers = (text: string, size: number) => Promise<UserRecord[]>

/**
 * Returns up to `size` users. An exact match comes first: no username has an @, each address has one, and each is the first
 * of those that start with it. Then usernames and addresses in turn, so that many of one kind do not hide the other.
 */
export function createUserSearch(
  search: UserSearchRepository,
  users: Pick<UserRepository, 'find' | 'findByIds'>,
): SearchUsers {
  /** An address whose domain is written the other way, in Unicode or in ASCII, is no beginning of the stored one. */
  async function byAddress(text: string): Promise<UserRecord[]> {
    const user = text.includes('@') ? await users.find({ email: foldedForms(text) }) : null
    return user ? [user] : []
  }

  return async (text, size) => {
    const folded = foldEmail(text)
    const canonical = canonicalUsername(folded)
    const [byId, exact, byUsername, byEmail] = await Promise.all([
      isId(folded) ? users.findByIds([folded]) : [],
      byAddress(text),
      USERNAME_START.test(canonical) ? search.byUsername(canonical, size) : [],
      search.byEmail(folded, size),
    ])
    const inTurn = Array.from({ length: size }, (_, i) => [byUsername[i], byEmail[i]]).flat()
    const found = [...byId, ...exact, ...inTurn].filter((user) => user !== undefined)
    // The first one of each id keeps its place.
    return [...new Map(found.map((user) => [user.id, user])).values()].slice(0, size)
  }
}

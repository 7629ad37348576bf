import { AuthError } from '../../platform/errors.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserChanges, UserRecord, UserRepository, UserRole } from '../../repositories/accounts/users.js'
import type { Clock } from '../../platform/clock.js'
import type { Viewer } from '../sessions/index.js'
import type { UsernameClaims } from '../usernames/index.js'

export type Profile = UserRecord

/** An absent field stays as it is; null clears. */
type Change<T> = T | null | undefined

export interface ProfileChanges {
  username?: Change<string>
  firstName?: Change<string>
  lastName?: Change<string>
  phoneNumber?: Change<string>
  address?: Change<Partial<Record<'streetName' | 'city' | 'state' | 'zipCode' | 'country', Change<string>>>>
  marketingOptIn?: boolean | undefined
  termsAcceptedAt?: Change<Date>
}

export interface UserPage {
  users: UserRecord[]
  hasNextPage: boolean
}

const NO_ADDRESS = { streetName: null, city: null, state: null, zipCode: null, country: null }

export type ProfileService = ReturnType<typeof createProfileService>

export function createProfileService({
  transactions,
  users,
  claims,
  clock,
}: {
  transactions: Transactions
  users: UserRepository
  claims: UsernameClaims
  clock: Clock
}) {
  return {
    /** Throws USERNAME_RESERVED, USERNAME_TAKEN, RATE_LIMITED, and UNAUTHENTICATED for a user deleted or demoted meanwhile. */
    async update({ user }: Viewer, changes: ProfileChanges): Promise<Profile> {
      const { username, address, ...rest } = changes
      if (username != null) await claims.bringPolicyUpToDate()
      const columns = defined({ ...rest, ...(address === null ? NO_ADDRESS : address) })
      const afterCommit = await transactions.run(async (tx) => {
        // First of all: it locks the row, so that two changes of one user's name wait for each other.
        if (!(await users.update(tx, user, columns, clock()))) throw new AuthError('UNAUTHENTICATED')
        return username === undefined ? null : claims.change(tx, user.id, username)
      })
      await afterCommit?.()
      const updated = await users.findById(user.id)
      if (!updated) throw new AuthError('UNAUTHENTICATED')
      return updated
    },

    /** Throws NOT_FOUND. */
    async find(id: string): Promise<Profile> {
      const user = await users.findById(id)
      if (!user) throw new AuthError('NOT_FOUND')
      return user
    },

    /** Users by the order they signed up. */
    async list(page: { role: UserRole | null; first: number; after: string | null }): Promise<UserPage> {
      // One more than asked for tells whether there is a next page.
      const found = await users.list({ role: page.role, limit: page.first + 1, after: page.after })
      return { users: found.slice(0, page.first), hasNextPage: found.length > page.first }
    },
  }
}

/** Prisma would take `undefined` as "leave it" as well; the types want it gone. */
const defined = (changes: { [Key in keyof UserChanges]: UserChanges[Key] | undefined }): UserChanges =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))

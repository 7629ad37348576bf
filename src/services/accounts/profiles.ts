// Profiles: reading, listing and changing the data of users.
import { canonicalUsername } from '@postern/contract/usernames'
import { addSeconds, type Clock } from '../../platform/clock.js'
import { AuthError, type FieldProblem, invalidField } from '../../platform/errors.js'
import type { UserChanges, UserRecord, UserRepository, UserRole } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { Viewer } from '../sessions/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../usernames/index.js'
import { atField, findProblem, refuseProblems } from './field-problems.js'

export type Profile = UserRecord

/** An omitted field is unchanged; null clears it. */
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

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  /** In seconds: how far a client's clock may be ahead, or behind at the time of the registration. */
  clockSkew: number
  clock: Clock
}

export type ProfileService = ReturnType<typeof createProfileService>

export function createProfileService({ transactions, users, usernames, clockSkew, clock }: Dependencies) {
  const { claims, availability } = usernames

  function refuseImpossible({ user }: Viewer, termsAcceptedAt: Date): void {
    const message =
      termsAcceptedAt > addSeconds(clock(), clockSkew)
        ? 'Acceptance of the terms must not be in the future.'
        : termsAcceptedAt < addSeconds(user.createdAt, -clockSkew)
          ? 'Acceptance of the terms must not be before the account was created.'
          : null
    if (message !== null) throw invalidField('termsAcceptedAt', message)
  }

  /** Refuses what no transaction could make possible. A username that is held may be held for this user. */
  async function refuseUnavailable({ user }: Viewer, username: string): Promise<void> {
    const canonical = canonicalUsername(username)
    if (user.username !== null && canonicalUsername(user.username) === canonical) return
    const reason = await availability.findUnavailability(canonical)
    if (reason === 'TAKEN') throw new AuthError('USERNAME_TAKEN')
    if (reason === null) await claims.refuseReserved(username)
  }

  async function findProblems(viewer: Viewer, changes: ProfileChanges): Promise<FieldProblem[]> {
    const { username, termsAcceptedAt } = changes
    const terms = async () => termsAcceptedAt != null && refuseImpossible(viewer, termsAcceptedAt)
    const found = await Promise.all([
      username == null ? [] : findProblem('username', refuseUnavailable(viewer, username)),
      findProblem('termsAcceptedAt', terms()),
    ])
    return found.flat()
  }

  return {
    /** What is wrong with the fields that are given, as far as it is known before the change. */
    findProblems,

    /**
     * Throws INVALID_INPUT, USERNAME_RESERVED, RATE_LIMITED, USERNAME_TAKEN, and UNAUTHENTICATED if the user was deleted
     * or signed out in the meantime.
     */
    async update(viewer: Viewer, changes: ProfileChanges): Promise<Profile> {
      const { user } = viewer
      const { username, address, ...rest } = changes
      if (rest.termsAcceptedAt != null) refuseProblems(await findProblems(viewer, changes))
      if (username != null) await claims.bringPolicyUpToDate()
      const columns = defined({ ...rest, ...(address === null ? NO_ADDRESS : address) })
      const afterCommit = await transactions.run(async (tx) => {
        // First: it locks the row, so that two changes of one user's username wait for each other.
        if (!(await users.update(tx, user, columns, clock()))) throw new AuthError('UNAUTHENTICATED')
        return username === undefined ? null : atField('username', claims.change(tx, user.id, username))
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

    /** Users in the order in which they registered. */
    async list(page: { role: UserRole | null; first: number; after: string | null }): Promise<UserPage> {
      // One more than requested shows whether there is a next page.
      const found = await users.list({ role: page.role, limit: page.first + 1, after: page.after })
      return { users: found.slice(0, page.first), hasNextPage: found.length > page.first }
    },
  }
}

/** Prisma also takes `undefined` as "unchanged", but its types don't. */
const defined = (changes: { [Key in keyof UserChanges]: UserChanges[Key] | undefined }): UserChanges =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))

// Profiles: reading and changing the data of users.
import { canonicalUsername } from '@postern/contract/usernames'
import { ServiceError, type FieldProblem } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { UserChanges, UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { type AuditTrail, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Viewer } from '../sessions/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../usernames/index.js'
import { atField, refuseProblems } from './field-problems.js'

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

const NO_ADDRESS = { streetName: null, city: null, state: null, zipCode: null, country: null }

interface Dependencies {
  transactions: Transactions
  users: UserRepository
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  /** In seconds: how far a client's clock may be ahead, or behind at the time of the registration. */
  clockSkew: number
  audit: AuditTrail
  events: EventTrail
  clock: Clock
}

export type ProfileService = ReturnType<typeof createProfileService>

export function createProfileService(dependencies: Dependencies) {
  const { transactions, users, usernames, clockSkew, audit, events, clock } = dependencies
  const { claims, availability } = usernames

  function findTermsProblems({ user }: Viewer, termsAcceptedAt: Date): FieldProblem[] {
    const at = (message: string): FieldProblem[] => [{ path: 'termsAcceptedAt', message, code: 'INVALID_INPUT' }]
    if (termsAcceptedAt > addSeconds(clock(), clockSkew))
      return at('Acceptance of the terms must not be in the future.')
    if (termsAcceptedAt < addSeconds(user.createdAt, -clockSkew))
      return at('Acceptance of the terms must not be before the account was created.')
    return []
  }

  async function findUsernameProblems({ user }: Viewer, username: string): Promise<FieldProblem[]> {
    const canonical = canonicalUsername(username)
    if (user.username !== null && canonicalUsername(user.username) === canonical) return []
    const [stored, problem] = await Promise.all([
      availability.findUnavailability(canonical),
      availability.findClaimProblem(username),
    ])
    // A released username may be held for this user, even if it has been reserved since. The claim decides.
    if (stored === 'HELD' || stored === 'RESERVED' || !problem) return []
    return [{ path: 'username', message: problem.message, code: problem.code }]
  }

  async function findProblems(viewer: Viewer, { username, termsAcceptedAt }: ProfileChanges): Promise<FieldProblem[]> {
    return [
      ...(username == null ? [] : await findUsernameProblems(viewer, username)),
      ...(termsAcceptedAt == null ? [] : findTermsProblems(viewer, termsAcceptedAt)),
    ]
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
        if (!(await users.update(tx, user, columns, clock()))) throw new ServiceError('UNAUTHENTICATED')
        const by = { actor: userActor(viewer), accountId: user.id }
        const fields = changedFields(user, columns)
        if (fields.length > 0) {
          await audit.record(tx, { ...by, action: 'UPDATE_PROFILE', facts: { fields: fields.join(' ') } })
          await events.record(tx, user.id, { type: 'user.profile_updated', data: { fields } })
        }
        if (username === undefined) return null
        const done = await atField('username', claims.change(tx, user.id, username))
        if (username !== user.username) await audit.record(tx, { ...by, action: 'CHANGE_USERNAME' })
        return done
      })
      await afterCommit?.()
      const updated = await users.findById(user.id)
      if (!updated) throw new ServiceError('UNAUTHENTICATED')
      return updated
    },

    /** Throws NOT_FOUND. */
    async find(id: string): Promise<Profile> {
      const user = await users.findById(id)
      if (!user) throw new ServiceError('NOT_FOUND')
      return user
    },
  }
}

/** Those with another value than the user had when the request started. */
const changedFields = (user: UserRecord, changes: UserChanges): string[] =>
  Object.entries(changes).flatMap(([name, value]) =>
    user[name as keyof UserChanges]?.valueOf() === value?.valueOf() ? [] : [name],
  )

/** Prisma also takes `undefined` as "unchanged", but its types don't. */
const defined = (changes: { [Key in keyof UserChanges]: UserChanges[Key] | undefined }): UserChanges =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))

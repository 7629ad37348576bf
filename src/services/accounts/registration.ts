// Registration: creates an account, with a username if one is given.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError, type FieldProblem } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { canonicalEmail, foldedForms, foldEmail, internationalEmail } from '../../platform/emails.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import { type AuditTrail, OPERATOR, userActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import { clientRequester, type NewPasswordRule, type PasswordService } from '../passwords/index.js'
import type { Client } from '../sessions/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../usernames/index.js'
import type { IssueCode } from '../verification/index.js'
import type { Admission } from './admission.js'
import { atField, problemAt, refuseProblems } from './field-problems.js'
import type { TermsService } from './terms.js'

export interface Registration {
  email: string
  password: string
  username?: string | null | undefined
  firstName?: string | null | undefined
  lastName?: string | null | undefined
  /** The version of the terms that the person has accepted. */
  termsVersion?: string | null | undefined
  invitationCode?: string | null | undefined
}

export interface RegisteredUser {
  id: string
  email: string
  username: string | null
  name: string | null
}

interface Dependencies {
  transaction: MysqlTransaction
  repositories: { users: UserRepository; credentials: CredentialRepository }
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  passwords: PasswordService
  newPasswordRule: NewPasswordRule
  admission: Admission
  terms: Pick<TermsService, 'refuseOther'>
  audit: AuditTrail
  events: EventTrail
  issueCode: IssueCode
  /** Hides whether an address has an account: called with the address of a registration that found one. Null: it shows. */
  onKnownAddress: ((email: string, client: Client) => Promise<void>) | null
  clock: Clock
}

/** Anyone can see whether a username is taken, and so whether a registration with it was one. */
const LATER = problemAt(
  'username',
  new ServiceError('INVALID_INPUT', { message: 'Choose a username after you have signed in.' }),
)

export type RegistrationService = ReturnType<typeof createRegistrationService>

export function createRegistrationService(dependencies: Dependencies) {
  const { transaction, repositories, usernames, passwords, newPasswordRule, audit, events, issueCode, clock } =
    dependencies
  const { admission, terms, onKnownAddress } = dependencies
  const { users, credentials } = repositories

  async function findEmailProblems(email: string): Promise<FieldProblem[]> {
    const exists = await users.emailExists(foldedForms(email))
    return exists ? [problemAt('email', new ServiceError('EMAIL_EXISTS'))] : []
  }

  async function findPasswordProblems(password: string, own: readonly (string | null | undefined)[]) {
    const problem = await newPasswordRule(password, own)
    return problem ? [problemAt('password', problem)] : []
  }

  async function findUsernameProblems(username: string): Promise<FieldProblem[]> {
    const problem = await usernames.availability.findClaimProblem(username)
    return problem ? [{ path: 'username', code: problem.code, message: problem.message }] : []
  }

  const isHidden = onKnownAddress !== null

  async function findProblems(
    { email, password, username }: Partial<Registration>,
    hides = isHidden,
  ): Promise<FieldProblem[]> {
    const own = [...(email === undefined ? [] : foldedForms(email)), username]
    const problems = await Promise.all([
      email === undefined || hides ? [] : findEmailProblems(email),
      password === undefined ? [] : findPasswordProblems(password, own),
      username == null ? [] : hides ? [LATER] : findUsernameProblems(username),
    ])
    return problems.flat()
  }

  /**
   * Throws REGISTRATION_CLOSED, INVALID_INVITATION, WEAK_PASSWORD, BREACHED_PASSWORD, USERNAME_RESERVED, EMAIL_EXISTS or
   * USERNAME_TAKEN: the first of them that applies. The error's `fields` name all that apply. `by`: who creates the account.
   */
  async function register(input: Registration, client: Client, by: 'user' | 'operator' = 'user') {
    if (by === 'user') await admission.check(input)
    if (input.termsVersion != null) terms.refuseOther('termsVersion', input.termsVersion)
    refuseProblems(await findProblems(input, isHidden && by === 'user'))
    const { email, password, username = null, firstName = null, lastName = null, termsVersion = null } = input
    const hash = await passwords.hash(password, clientRequester(client, canonicalEmail(email)))
    if (username !== null) await usernames.claims.bringPolicyUpToDate()
    const id = uuidv7()
    const now = clock()
    const emails = { email, foldedEmail: foldEmail(email), internationalEmail: internationalEmail(email) }
    const registered = events.prepare({ type: 'user.registered', data: { email, username } })
    const user = { id, ...emails, firstName, lastName, termsVersion, events: registered.count, now }
    const afterCommit = await transaction(async (tx) => {
      await atField('email', users.insert(tx, user))
      const eventId = await registered.record(tx, id)
      if (by === 'user') await admission.admit(tx, input)
      await credentials.insertPassword(tx, { userId: id, hash, now })
      const actor = by === 'operator' ? OPERATOR : userActor({ user, client })
      await audit.record(tx, { action: 'REGISTER', actor, accountId: id })
      // The event is the mail that verifies the address.
      if (eventId !== null) await issueCode(tx, { userId: id, purpose: 'VERIFY_EMAIL', email, eventId })
      return username === null ? null : atField('username', usernames.claims.claim(tx, id, username))
    })
    await afterCommit?.()
    const name = [firstName, lastName].filter(Boolean).join(' ') || null
    return { id, email, username, name } satisfies RegisteredUser
  }

  return {
    /**
     * What is wrong with the fields that are given, as far as it is known without hashing. It saves a registration that
     * can't succeed the hash; the unique keys decide.
     */
    findProblems,

    register,

    /**
     * Like `register`, for users. If registrations are hidden, returns null, whether the address had an account or not; its
     * owner is informed. The new account, or the request for the mail, is committed after the same hash.
     */
    async signUp(input: Registration, client: Client): Promise<RegisteredUser | null> {
      if (!onKnownAddress) return register(input, client)
      await register(input, client).catch(async (error: unknown) => {
        if (!(error instanceof ServiceError) || error.code !== 'EMAIL_EXISTS') throw error
        // As for a new account: whether the invitation still works afterwards must not tell.
        await transaction((tx) => admission.admit(tx, input))
        await onKnownAddress(input.email, client)
      })
      return null
    },
  }
}

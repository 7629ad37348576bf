// Signing in with an email address or a username, and a password.
import { AuthError } from '../../platform/errors.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import { canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import type { Clock } from '../../platform/clock.js'
import { canonicalEmail, foldedForms } from '../../platform/emails.js'
import { type Refusals, unknownActor } from '../audit/index.js'
import type { LockOut } from '../limits/index.js'
import { clientRequester, type PasswordService, userRequester } from '../passwords/index.js'
import type { FailedLogins } from './failed-logins.js'
import type { Client, IssuedSession, SessionService } from '../sessions/index.js'

/** Exactly one of email and username. */
export interface Login {
  email?: string | null | undefined
  username?: string | null | undefined
  password: string
}

interface Dependencies {
  transactions: Transactions
  repositories: { users: UserRepository; credentials: CredentialRepository }
  sessions: SessionService
  passwords: PasswordService
  lockOut: LockOut
  refusals: Refusals
  failedLogins: Pick<FailedLogins, 'note'>
  verified: {
    /** Whether a login requires a verified address. */
    required: boolean
    /**
     * Registrations are hidden: then a right password of an unverified account is refused like a wrong one, as it would
     * otherwise show that the registration was new. Called with its address, for a mail that says what to do.
     */
    onHidden: ((email: string, client: Client) => Promise<void>) | null
  }
  clock: Clock
}

export type LoginResult = IssuedSession & { user: UserRecord; deviceToken: string }

export type LoginService = ReturnType<typeof createLoginService>

const nameOf = ({ email, username }: Login): string =>
  email == null ? canonicalUsername(username ?? '') : canonicalEmail(email)

const refused = () =>
  new AuthError('UNAUTHENTICATED', {
    message: 'Wrong email address, username or password.',
    reason: 'INVALID_CREDENTIALS',
  })

export function createLoginService(dependencies: Dependencies) {
  const { transactions, repositories, sessions, passwords, lockOut, refusals, failedLogins, verified, clock } =
    dependencies
  function find({ email, username }: Login) {
    if (email != null) return repositories.users.findForLogin({ email: foldedForms(email) })
    // An impossible username is looked up too, as an empty one: it takes the same time, and the column is ASCII only.
    const possible = username != null && usernameProblem(username) === null
    return repositories.users.findForLogin({ canonical: possible ? canonicalUsername(username) : '' })
  }

  /** Replaces only the hash that was verified, never that of a password changed in the meantime. */
  async function rehash(userId: string, verifiedHash: string, password: string): Promise<void> {
    if (!passwords.needsRehash(verifiedHash, password)) return
    const hash = await passwords.hash(password, userRequester(userId))
    const change = { userId, verifiedHash, hash, now: clock() }
    await transactions.run((tx) => repositories.credentials.replacePassword(tx, change))
  }

  return {
    /**
     * `deviceToken`: from an earlier login of the same device, or empty. Throws RATE_LIMITED after too many failures, and
     * UNAUTHENTICATED: same message and time whether the user, the password or the account's state is the reason. Throws
     * EMAIL_NOT_VERIFIED after the right password only.
     */
    async login(input: Login, client: Client, deviceToken: string): Promise<LoginResult> {
      const account = await find(input)
      const name = nameOf(input)
      const note = (result: 'FAILURE' | 'LOCKED') =>
        refusals.note({ action: 'LOGIN', result, actor: unknownActor(client), accountId: account?.id ?? null }, name)
      const attempt = await lockOut.begin({ account, name, deviceToken }, client.signal).catch((error: unknown) => {
        if (error instanceof AuthError && error.code === 'RATE_LIMITED') note('LOCKED')
        throw error
      })
      const requester = clientRequester(client, account?.id ?? name)
      const matches = await attempt.verify(() =>
        passwords.verify(account?.passwordHash ?? null, input.password, requester),
      )
      const fail = async () => {
        note('FAILURE')
        const lockedUntil = await attempt.failed()
        if (account) failedLogins.note(account.id, lockedUntil)
        return refused()
      }
      if (!account || !matches || account.disabled) throw await fail()
      if (verified.required && !account.emailVerified) {
        if (verified.onHidden) {
          void verified.onHidden(account.email, client)
          throw await fail()
        }
        await attempt.withdrawn()
        throw new AuthError('EMAIL_NOT_VERIFIED')
      }
      const newDevice = account.hasLoggedIn && !lockOut.knowsDevice(account, deviceToken)
      const session = await sessions.start(account, client, { newDevice }).catch(async (error: unknown) => {
        if (error instanceof AuthError && error.code === 'UNAUTHENTICATED') throw await fail()
        await attempt.withdrawn()
        throw error
      })
      await attempt.succeeded()
      // The session has started. A rehash that fails is repeated at the next login.
      await rehash(account.id, account.passwordHash, input.password).catch(() => undefined)
      return { ...session, deviceToken: lockOut.issueDevice(account, deviceToken) }
    },
  }
}

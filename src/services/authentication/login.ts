// Signing in with an email address or a username, and a password.
import { canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { canonicalEmail, foldedForms } from '../../platform/emails.js'
import { type Refusals, unknownActor } from '../audit/index.js'
import type { LockOut } from '../limits/index.js'
import { clientRequester, type PasswordService, userRequester } from '../passwords/index.js'
import type { FailedLogins } from './failed-logins.js'
import type { Client } from '../sessions/index.js'
import type { LoginResult, SignIn } from './sign-in.js'

/** Exactly one of email and username. */
export interface Login {
  email?: string | null | undefined
  username?: string | null | undefined
  password: string
}

interface Dependencies {
  transactions: Transactions
  repositories: { users: UserRepository; credentials: CredentialRepository }
  signIn: SignIn
  passwords: PasswordService
  lockOut: LockOut
  refusals: Refusals
  failedLogins: Pick<FailedLogins, 'note'>
  /**
   * Registrations are hidden: then a right password of an unverified account is refused like a wrong one, as it would
   * otherwise show that the registration was new. Called with its address, for a mail that says what to do.
   */
  onHidden: ((email: string, client: Client) => Promise<void>) | null
  clock: Clock
}

export type LoginService = ReturnType<typeof createLoginService>

const nameOf = ({ email, username }: Login): string =>
  email == null ? canonicalUsername(username ?? '') : canonicalEmail(email)

const hasCode = (error: unknown, code: ServiceError['code']): boolean =>
  error instanceof ServiceError && error.code === code

const refused = () =>
  new ServiceError('UNAUTHENTICATED', {
    message: 'Wrong email address, username or password.',
    reason: 'INVALID_CREDENTIALS',
  })

export function createLoginService(dependencies: Dependencies) {
  const { transactions, repositories, signIn, passwords, lockOut, refusals, failedLogins, onHidden, clock } =
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
     * EMAIL_NOT_VERIFIED and MFA_REQUIRED after the right password only.
     */
    async login(input: Login, client: Client, deviceToken: string): Promise<LoginResult> {
      const account = await find(input)
      const name = nameOf(input)
      const note = (result: 'FAILURE' | 'LOCKED') =>
        refusals.note({ action: 'LOGIN', result, actor: unknownActor(client), accountId: account?.id ?? null }, name)
      const attempt = await lockOut.begin({ account, name, deviceToken }, client.signal).catch((error: unknown) => {
        if (hasCode(error, 'RATE_LIMITED')) note('LOCKED')
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
      if (!account || !matches) throw await fail()
      // A rehash that fails is repeated at the next login.
      const improve = () => rehash(account.id, account.passwordHash, input.password).catch(() => undefined)
      const proof = { amr: ['pwd'] } as const
      const result = await signIn.complete(account, proof, client, { deviceToken }).catch(async (error: unknown) => {
        if (hasCode(error, 'UNAUTHENTICATED')) throw await fail()
        if (onHidden && hasCode(error, 'EMAIL_NOT_VERIFIED')) {
          void onHidden(account.email, client)
          throw await fail()
        }
        // Not a success: wrong codes of the second factor count against the same limit, which no password may reset.
        await attempt.withdrawn()
        if (hasCode(error, 'MFA_REQUIRED')) await improve()
        throw error
      })
      await attempt.succeeded()
      await improve()
      return result
    },
  }
}

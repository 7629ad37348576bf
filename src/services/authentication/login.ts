import { AuthError } from '../../platform/errors.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRecord, UserRepository } from '../../repositories/accounts/users.js'
import { canonicalEmail } from '@postern/contract/emails'
import { canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import type { Clock } from '../../platform/clock.js'
import type { PasswordService } from '../passwords/index.js'
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
  clock: Clock
}

export type LoginService = ReturnType<typeof createLoginService>

const wrong = () =>
  new AuthError('UNAUTHENTICATED', {
    message: 'Wrong email address, username or password.',
    reason: 'INVALID_CREDENTIALS',
  })

export function createLoginService({ transactions, repositories, sessions, passwords, clock }: Dependencies) {
  function find({ email, username }: Login) {
    if (email != null) return repositories.users.findForLogin({ canonicalEmail: canonicalEmail(email) })
    // A name that nobody can have is looked up all the same, as one that nobody has: the column takes ASCII only.
    const possible = username != null && usernameProblem(username) === null
    return repositories.users.findForLogin({ canonical: possible ? canonicalUsername(username) : '' })
  }

  /** Only the hash that was verified is replaced: a password changed meanwhile stays changed. */
  async function rehash(userId: string, verifiedHash: string, password: string): Promise<void> {
    if (!passwords.needsRehash(verifiedHash)) return
    const hash = await passwords.hash(password)
    const change = { userId, verifiedHash, hash, now: clock() }
    await transactions.run((tx) => repositories.credentials.replacePassword(tx, change))
  }

  return {
    /** Throws UNAUTHENTICATED, in the same words and time whether user, password or account state is the reason. */
    async login(input: Login, client: Client): Promise<IssuedSession & { user: UserRecord }> {
      const account = await find(input)
      const matches = await passwords.verify(account?.passwordHash ?? null, input.password)
      if (!account || !matches || account.disabled) throw wrong()
      const session = await sessions.start(account, client).catch((error: unknown) => {
        throw error instanceof AuthError && error.code === 'UNAUTHENTICATED' ? wrong() : error
      })
      // The session stands: a rehash that fails is tried again at the next login.
      await rehash(account.id, account.passwordHash, input.password).catch(() => undefined)
      return session
    },
  }
}

import { v7 as uuidv7 } from 'uuid'
import { AuthError } from '../../platform/errors.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { canonicalEmail } from '@postern/contract/emails'
import { canonicalUsername } from '@postern/contract/usernames'
import type { Clock } from '../../platform/clock.js'
import { type PasswordService, refuseWeakPassword } from '../passwords/index.js'
import type { UsernameAvailabilityService, UsernameClaims } from '../usernames/index.js'

export interface Registration {
  email: string
  password: string
  username?: string | null | undefined
  firstName?: string | null | undefined
  lastName?: string | null | undefined
}

export interface RegisteredUser {
  id: string
  email: string
  username: string | null
  name: string | null
}

/** Who decides what: the store of users and credentials, and the two faces of usernames. */
interface Dependencies {
  transactions: Transactions
  repositories: { users: UserRepository; credentials: CredentialRepository }
  usernames: { claims: UsernameClaims; availability: UsernameAvailabilityService }
  passwords: PasswordService
  clock: Clock
}

export type RegistrationService = ReturnType<typeof createRegistrationService>

export function createRegistrationService({ transactions, repositories, usernames, passwords, clock }: Dependencies) {
  /** Spares a doomed registration the hash. It decides nothing: the unique keys do. */
  async function refuseEarly(key: string, username: string | null): Promise<void> {
    const [emailExists, refusal] = await Promise.all([
      repositories.users.emailExists(key),
      username !== null && usernames.availability.findUnavailability(canonicalUsername(username)),
    ])
    if (emailExists) throw new AuthError('EMAIL_EXISTS')
    if (refusal) throw new AuthError(refusal === 'RESERVED' ? 'USERNAME_RESERVED' : 'USERNAME_TAKEN')
  }

  return {
    /** Throws WEAK_PASSWORD, USERNAME_RESERVED, EMAIL_EXISTS and USERNAME_TAKEN, in this order. */
    async register(input: Registration): Promise<RegisteredUser> {
      const { email, password, username = null, firstName = null, lastName = null } = input
      const key = canonicalEmail(email)
      refuseWeakPassword(password, [key, username])
      if (username !== null) await usernames.claims.refuseReserved(username)
      await refuseEarly(key, username)

      const hash = await passwords.hash(password)
      const id = uuidv7()
      const now = clock()
      const afterCommit = await transactions.run(async (tx) => {
        await repositories.users.insert(tx, { id, email, canonicalEmail: key, firstName, lastName, now })
        await repositories.credentials.insertPassword(tx, { userId: id, hash, now })
        return username === null ? null : usernames.claims.claim(tx, id, username)
      })
      await afterCommit?.()
      return { id, email, username, name: [firstName, lastName].filter(Boolean).join(' ') || null }
    },
  }
}

import { AuthError, invalidField } from '../../platform/errors.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'
import type { StoredRevocation } from '../../repositories/revocations/revocations.js'
import type { Transactions, Tx } from '../../repositories/database/transactions.js'
import type { UserRepository, UserVersion } from '../../repositories/accounts/users.js'
import { canonicalEmail } from '@postern/contract/emails'
import type { Clock } from '../../platform/clock.js'
import { type PasswordService, refuseWeakPassword } from '../passwords/index.js'
import type { RevocationService } from '../revocations/index.js'
import { lastAdmin } from './roles.js'
import type { Viewer } from '../sessions/index.js'
import type { UsernameClaims } from '../usernames/index.js'

interface Dependencies {
  transactions: Transactions
  repositories: { users: UserRepository; credentials: CredentialRepository; sessions: SessionRepository }
  passwords: PasswordService
  revocations: RevocationService
  claims: UsernameClaims
  clock: Clock
}

export type AccountService = ReturnType<typeof createAccountService>

/** Changes that end everything a user holds: each raises the generation and revokes all below it. */
export function createAccountService(dependencies: Dependencies) {
  const { transactions, repositories, passwords, revocations, claims, clock } = dependencies
  const { users, credentials, sessions } = repositories

  /** Ends all sessions and revokes all tokens below the next generation. */
  async function endEverything(tx: Tx, user: UserVersion, reason: string): Promise<StoredRevocation> {
    await sessions.endAll(tx, user.id, clock())
    return revocations.record(tx, { scope: 'user', sub: user.id, gen: user.generation + 1, reason })
  }

  /** Returns the hash that was verified. Throws INVALID_INPUT naming the field the password was given in. */
  async function verifyOwnPassword({ user }: Viewer, password: string, field: string): Promise<string> {
    const account = await users.findPassword(user.id)
    const matches = await passwords.verify(account?.passwordHash ?? null, password)
    if (!account || !matches) throw invalidField(field, 'This is not your password.')
    return account.passwordHash
  }

  return {
    /** Throws INVALID_INPUT for a wrong old password, WEAK_PASSWORD, and UNAUTHENTICATED when a rival was faster. */
    async changePassword(viewer: Viewer, oldPassword: string, newPassword: string): Promise<void> {
      const { user } = viewer
      let verifiedHash = await verifyOwnPassword(viewer, oldPassword, 'oldPassword')
      refuseWeakPassword(newPassword, [canonicalEmail(user.email), user.username])
      const hash = await passwords.hash(newPassword)
      for (;;) {
        const revocation = await transactions.run(async (tx) => {
          const now = clock()
          const change = { userId: user.id, verifiedHash, hash, now }
          if (!(await credentials.replacePassword(tx, change))) return null
          if (!(await users.raiseGeneration(tx, user, {}, now))) throw new AuthError('UNAUTHENTICATED')
          return endEverything(tx, user, 'password_changed')
        })
        if (revocation) return revocations.deliver(revocation)
        // Another hash stands there now: a login's rehash of the same password, or a rival's of another.
        verifiedHash = await verifyOwnPassword(viewer, oldPassword, 'oldPassword')
      }
    },

    /** Throws INVALID_INPUT for a wrong password, and FORBIDDEN for the last ADMIN. The e-mail address may register again; the username may not. */
    async delete(viewer: Viewer, password: string): Promise<void> {
      const { user } = viewer
      await verifyOwnPassword(viewer, password, 'password')
      const revocation = await transactions.run(async (tx) => {
        // Locked before the own row, as every change of a role does.
        const admins = user.role === 'ADMIN' ? await users.lockAdmins(tx) : []
        if (admins.length === 1 && admins[0] === user.id) throw lastAdmin()
        const locked = await users.raiseGeneration(tx, user, {}, clock())
        if (!locked) throw new AuthError('UNAUTHENTICATED')
        await claims.retire(tx, user.id)
        const revocation = await endEverything(tx, user, 'account_deleted')
        await users.delete(tx, { id: user.id, generation: user.generation + 1 })
        return revocation
      })
      await revocations.deliver(revocation)
    },
  }
}

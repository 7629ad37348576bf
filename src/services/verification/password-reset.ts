// Sets a new password for someone who has the code that was sent to the account's address.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import { canonicalEmail, foldedForms } from '../../platform/emails.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { removeWaysIn } from '../../repositories/accounts/ways-in.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import type { CredentialRepository } from '../../repositories/passwords/credentials.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import type { CodeRepository, StoredCode } from '../../repositories/verification/codes.js'
import { type AuditTrail, type Refusals, unknownActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { LockOut } from '../limits/index.js'
import { clientRequester, type NewPasswordRule, type PasswordService } from '../passwords/index.js'
import type { RevocationService } from '../revocations/index.js'
import type { Client, SessionEndings } from '../sessions/index.js'
import { type CheckGuess, invalidCode } from './guesses.js'
import { noteWrongCodes } from './wrong-codes.js'

export interface PasswordReset {
  email: string
  code: string
  newPassword: string
}

interface Dependencies {
  transactions: Transactions
  repositories: {
    users: UserRepository
    accounts: VerifiedAccounts
    codes: CodeRepository
    credentials: CredentialRepository
  }
  passwords: PasswordService
  newPasswordRule: NewPasswordRule
  checkGuess: CheckGuess
  endings: SessionEndings
  revocations: RevocationService
  lockOut: Pick<LockOut, 'forget'>
  /** Removes what someone else may have added before the address was verified. */
  removeUnproven: (tx: Statements, userId: string, verifiedAt: Date | null) => Promise<void>
  /** Whether the user can sign in with a passkey. */
  hasPasskey: (tx: Statements, userId: string) => Promise<boolean>
  trails: { audit: AuditTrail; refusals: Refusals; events: EventTrail }
  clock: Clock
}

export type PasswordResetService = ReturnType<typeof createPasswordResetService>

export function createPasswordResetService(dependencies: Dependencies) {
  const { transactions, repositories, passwords, newPasswordRule, checkGuess, endings, revocations, lockOut, clock } =
    dependencies
  const { removeUnproven, hasPasskey } = dependencies
  const { users, accounts, codes, credentials } = repositories
  const { audit, refusals, events } = dependencies.trails

  /** Only now: whether it is the username would tell everyone what the username of an address is. */
  async function refuseWeak(userId: string, newPassword: string): Promise<void> {
    const user = await users.findById(userId)
    if (!user) throw invalidCode()
    const problem = await newPasswordRule(newPassword, [...foldedForms(user.email), user.username])
    if (!problem) return
    const { code, message } = problem
    throw new ServiceError(code, { message, fields: [{ path: 'newPassword', code, message }] })
  }

  /** A passkey is two factors. Where there is no password, a mail alone adds no way in with one (ASVS 6.4.3). */
  async function refuseDowngrade(tx: Statements, userId: string): Promise<void> {
    if ((await credentials.hasPassword(tx, userId)) || !(await hasPasskey(tx, userId))) return
    const message = 'This account has a passkey and no password. Sign in with the passkey, then set a password there.'
    throw new ServiceError('FORBIDDEN', { message })
  }

  async function replace(found: StoredCode, hash: string, client: Client) {
    const { userId } = found
    return transactions.run(async (tx) => {
      const account = await accounts.lock(tx, { id: userId })
      // Of two resets with one code, the second finds it used.
      if (!account || !(await codes.use(tx, found, 'RESET_PASSWORD', clock()))) throw invalidCode()
      const ended = await endings.endGeneration(tx, account, { reason: 'password_reset' })
      if (!ended) throw invalidCode()
      // The code proves that this person reads the mails of the address. If it was not verified before, passkeys, second factors and
      // linked accounts may belong to someone who registered it in advance.
      const isFirstProof = await accounts.markVerified(tx, userId, clock())
      await removeUnproven(tx, userId, account.emailVerifiedAt)
      if (isFirstProof) await removeWaysIn(tx, userId)
      await refuseDowngrade(tx, userId)
      await credentials.setPassword(tx, { userId, hash, now: clock() })
      await codes.deleteAll(tx, userId)
      const facts = { sessions: String(ended.count) }
      await audit.record(tx, { action: 'RESET_PASSWORD', actor: unknownActor(client), accountId: userId, facts })
      await events.record(tx, userId, { type: 'password.changed', data: { by: 'reset' } })
      if (isFirstProof) await events.record(tx, userId, { type: 'user.email_verified', data: { email: account.email } })
      return ended.revocation
    })
  }

  return {
    /**
     * Ends every session of the user, and the lock after failed logins. Returns the user's id. Throws INVALID_CODE,
     * RATE_LIMITED, and, with the right code, WEAK_PASSWORD, BREACHED_PASSWORD, or FORBIDDEN if the account has a passkey and
     * no password: then the code can be used again.
     */
    async reset({ email, code, newPassword }: PasswordReset, client: Client): Promise<string> {
      const purpose = 'RESET_PASSWORD'
      const name = canonicalEmail(email)
      const refused = { action: purpose, actor: unknownActor(client), accountId: null } as const
      const found = await noteWrongCodes(refusals, refused, email, () =>
        checkGuess({ purpose, owner: { email: foldedForms(email) }, name, code }),
      )
      await refuseWeak(found.userId, newPassword)
      const hash = await passwords.hash(newPassword, clientRequester(client, found.userId))
      const revocation = await replace(found, hash, client)
      await Promise.all([revocations.deliver(revocation), lockOut.forget(found.userId)])
      return found.userId
    },
  }
}

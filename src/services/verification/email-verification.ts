// Verifies the address of an account by the code that was sent there.
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { canonicalEmail, foldedForms } from '../../platform/emails.js'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import type { CodeRepository } from '../../repositories/verification/codes.js'
import { type AuditTrail, type Refusals, unknownActor } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import type { Client } from '../sessions/index.js'
import { type CheckGuess, invalidCode } from './guesses.js'
import { noteWrongCodes } from './wrong-codes.js'

interface Dependencies {
  transaction: MysqlTransaction
  accounts: VerifiedAccounts
  codes: CodeRepository
  checkGuess: CheckGuess
  audit: AuditTrail
  refusals: Refusals
  events: EventTrail
  clock: Clock
}

export type EmailVerification = ReturnType<typeof createEmailVerification>

export function createEmailVerification(dependencies: Dependencies) {
  const { transaction, accounts, codes, checkGuess, audit, refusals, events, clock } = dependencies
  return {
    /** Returns the id of the user. Throws INVALID_CODE and RATE_LIMITED. */
    async verify({ email, code }: { email: string; code: string }, client: Client): Promise<string> {
      const purpose = 'VERIFY_EMAIL'
      const name = canonicalEmail(email)
      const actor = unknownActor(client)
      const found = await noteWrongCodes(refusals, { action: purpose, actor, accountId: null }, email, () =>
        checkGuess({ purpose, owner: { email: foldedForms(email) }, name, code }),
      )
      const { userId } = found
      await transaction(async (tx) => {
        const account = await accounts.lock(tx, { id: userId })
        if (!account || !(await codes.use(tx, found, purpose, clock()))) throw invalidCode()
        if (!(await accounts.markVerified(tx, userId, clock()))) return
        await audit.record(tx, { action: 'VERIFY_EMAIL', actor, accountId: userId })
        await events.record(tx, userId, { type: 'user.email_verified', data: { email: account.email } })
      })
      return userId
    },
  }
}

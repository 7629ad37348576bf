// Codes for new passwords that an operator gives to a user, instead of choosing a password for them (ASVS 6.4.1).
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { VerifiedAccounts } from '../../repositories/verification/accounts.js'
import { type AuditTrail, OPERATOR } from '../audit/index.js'
import { CODE_LIFE_SECONDS, type CodeOf, type IssueCode } from './codes.js'

interface OperatorCode {
  email: string
  code: string
  minutes: number
}

export type OperatorCodes = ReturnType<typeof createOperatorCodes>

export function createOperatorCodes({
  transaction,
  accounts,
  codeOf,
  issueCode,
  audit,
}: {
  transaction: MysqlTransaction
  accounts: VerifiedAccounts
  codeOf: CodeOf
  issueCode: IssueCode
  audit: AuditTrail
}) {
  return {
    /**
     * A code for `resetPassword`, which replaces an earlier one. Like a code by mail, it verifies the address: the operator knows
     * who receives it. Throws NOT_FOUND for a user who is unknown or disabled.
     */
    forPassword: (userId: string): Promise<OperatorCode> =>
      transaction(async (tx) => {
        const account = await accounts.lock(tx, { id: userId })
        if (!account || account.disabledAt) throw new ServiceError('NOT_FOUND')
        const { email } = account
        // There is no event with a mail, so the code needs an id of its own to be derived from.
        const eventId = uuidv7()
        await issueCode(tx, { userId, purpose: 'RESET_PASSWORD', email, eventId })
        await audit.record(tx, { action: 'REQUEST_PASSWORD_RESET', actor: OPERATOR, accountId: userId })
        return { email, code: codeOf(eventId), minutes: CODE_LIFE_SECONDS / 60 }
      }),
  }
}

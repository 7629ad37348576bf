// Builds verification: codes by mail.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createVerifiedAccounts } from '../repositories/verification/accounts.js'
import { createCodeRepository } from '../repositories/verification/codes.js'
import { createCountRepository } from '../repositories/verification/counts.js'
import { createMailRequestRepository } from '../repositories/verification/mail-requests.js'
import type { VerifyOwnPassword } from '../services/accounts/index.js'
import type { AuditTrail, Refusals } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import type { LockOut } from '../services/limits/index.js'
import { createRemoveUnprovenPasskeys } from '../services/passkeys/index.js'
import type { NewPasswordRule, PasswordService } from '../services/passwords/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import {
  createCheckGuess,
  createCodeMac,
  createCodeOf,
  createEmailChange,
  createEmailVerification,
  createIssueCode,
  createMailRequests,
  createMaySend,
  createOperatorCodes,
  createPasswordResetService,
  createSubjectOf,
  type VerificationServices,
} from '../services/verification/index.js'
import { hasMail } from './mail.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

interface Trails {
  audit: { trail: AuditTrail; refusals: Refusals }
  events: { trail: EventTrail }
}

export type Codes = ReturnType<typeof createCodes>

/** What registration needs as well: the codes, and the requests for mails. */
export function createCodes({
  config,
  stores: { backgroundTransaction, readInBackground, write, writeInBackground },
  audit: { trail: audit, refusals },
  events: { trail: events },
  logger,
  clock,
}: Trails & { config: Config; stores: Stores; logger: Logger; clock: Clock }) {
  const codes = createCodeRepository(writeInBackground)
  const counts = createCountRepository(readInBackground, writeInBackground)
  const requests = createMailRequestRepository(readInBackground, write)
  const accounts = createVerifiedAccounts()
  const codeOf = createCodeOf(config.REFRESH_KEY)
  const codeMac = createCodeMac(config.REFRESH_KEY)
  const subjectOf = createSubjectOf(config.REFRESH_KEY)
  const issueCode = createIssueCode({ codes, codeOf, codeMac, clock })
  const maySend = createMaySend({ counts, subjectOf, clock })
  // Outside production, requests without mails are tests.
  const canSend = hasMail(config) || (config.OUTBOX && config.NODE_ENV !== 'production')
  return {
    repositories: { accounts, codes, counts, requests },
    codeOf,
    codeMac,
    subjectOf,
    issueCode,
    maySend,
    canSend,
    mailRequests: createMailRequests({
      ...{ transaction: backgroundTransaction, requests, accounts, issueCode, maySend, audit, refusals, events, clock },
      canSend,
      // The job of the same name repeats it, and logs if it fails again.
      onFailure: (error) => logger.debug({ err: error }, 'handling requests for mails failed; trying again'),
    }),
  }
}

export function createVerification({
  config,
  stores: { transactions, mysqlTransaction },
  repositories: { users, credentials, passkeys },
  codes: { codeOf, codeMac, subjectOf, issueCode, maySend, canSend, mailRequests, ...own },
  passwords,
  newPasswordRule,
  verifyOwnPassword,
  sessions: { endings },
  revocations,
  lockOut,
  audit: { trail: audit, refusals },
  events: { trail: events },
  clock,
}: Trails & {
  config: Config
  stores: Stores
  repositories: Repositories
  codes: Codes
  passwords: PasswordService
  newPasswordRule: NewPasswordRule
  verifyOwnPassword: VerifyOwnPassword
  sessions: SessionServices
  revocations: RevocationService
  lockOut: LockOut
  clock: Clock
}): VerificationServices {
  const { accounts, codes, counts } = own.repositories
  const trails = { audit, refusals, events }
  const transaction = mysqlTransaction
  const checkGuess = createCheckGuess({ transaction, repositories: { codes, counts }, codeMac, subjectOf, clock })
  return {
    mailRequests,
    emailVerification: createEmailVerification({ transaction, accounts, codes, checkGuess, ...trails, clock }),
    passwordReset: createPasswordResetService({
      ...{ transactions, repositories: { users, accounts, codes, credentials }, passwords, newPasswordRule },
      ...{ checkGuess, endings, revocations, lockOut, trails, clock },
      removeUnproven: createRemoveUnprovenPasskeys({ passkeys, audit, events }),
      // Without a domain, no one can use one.
      hasPasskey: async (tx, userId) => config.PASSKEY_RP_ID !== undefined && (await passkeys.count(tx, userId)) > 0,
    }),
    operatorCodes: createOperatorCodes({ transaction, accounts, codeOf, issueCode, audit }),
    emailChange: createEmailChange({
      ...{ transaction, accounts, codes, issueCode, checkGuess, maySend, canSend, endings, revocations, trails, clock },
      verifyPassword: (viewer, password) =>
        verifyOwnPassword(viewer, password, { action: 'REQUEST_EMAIL_CHANGE', field: 'password' }),
    }),
  }
}

// Verification: codes by mail that verify an email address, reset a password, or change the address.
import type { EmailChange } from './email-change.js'
import type { EmailVerification } from './email-verification.js'
import type { MailRequests } from './mail-requests.js'
import type { OperatorCodes } from './operator-codes.js'
import type { PasswordResetService } from './password-reset.js'

export { CODE_LIFE_SECONDS, createCodeMac, createCodeOf, createIssueCode, type IssueCode } from './codes.js'
export { createEmailChange } from './email-change.js'
export { createEmailVerification } from './email-verification.js'
export { createCheckGuess } from './guesses.js'
export { createLinkTokenOf, createOwnTokens, hashOfToken, type LinkTokenOf, type OwnTokens } from './link-tokens.js'
export { createMailRequests, type MailRequests } from './mail-requests.js'
export { createOperatorCodes } from './operator-codes.js'
export { createPasswordResetService } from './password-reset.js'
export { createMaySend, createSubjectOf, type MaySend } from './subjects.js'

export interface VerificationServices {
  emailVerification: EmailVerification
  passwordReset: PasswordResetService
  emailChange: EmailChange
  operatorCodes: OperatorCodes
  mailRequests: Pick<MailRequests, 'add'>
}

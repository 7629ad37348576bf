// What a host says about its mails.
import type { SmtpServer } from './smtp-url.js'
import type { Sender } from './variables.js'

/** The variables of the same names. */
export interface MailSettings {
  SMTP_URL?: SmtpServer | undefined
  SMTP_CA?: string | undefined
  MAIL_FROM: Sender
  /** Where mails are kept instead of being sent. */
  MAIL_DIR?: string | undefined
}

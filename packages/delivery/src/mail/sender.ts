// Where mails go: to the mail server, or in development into the inbox.
import type { Clock } from '@postern/service/clock'
import { createInbox, type Inbox } from './inbox.js'
import { createKeptMails } from './kept-mails.js'
import type { Deliver } from './mails.js'
import { createSmtpOnDemand } from './smtp-on-demand.js'
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

export interface MailSender {
  /** Null if there is neither a mail server nor an inbox. */
  deliver: Deliver | null
  /** The mails of development. */
  inbox: Inbox | null
  close: () => Promise<void>
}

export function createMailSender(settings: MailSettings, clock: Clock): MailSender {
  const smtp = createSmtpOnDemand(settings)
  const kept = settings.MAIL_DIR === undefined ? null : createKeptMails(settings.MAIL_DIR)
  const inbox = kept && createInbox({ kept, from: settings.MAIL_FROM.address, clock })
  return { deliver: smtp?.deliver ?? inbox?.deliver ?? null, inbox, close: async () => smtp?.close() }
}

// Where mails go: to the mail server, or in development into the inbox.
import type { Clock } from '@postern/service/clock'
import { createInbox, type Inbox } from './inbox.js'
import { createKeptMails } from './kept-mails.js'
import type { Deliver } from './mails.js'
import type { MailSettings } from './settings.js'
import { createSmtpOnDemand } from './smtp-on-demand.js'

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

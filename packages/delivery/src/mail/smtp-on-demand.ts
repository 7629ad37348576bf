// The connection to the mail server, whose library is loaded when the first mail is sent: it takes 27 MiB.
import type { Deliver } from './mails.js'
import type { Smtp } from './smtp.js'
import type { MailSettings } from './settings.js'

/** Null without SMTP_URL. */
export function createSmtpOnDemand({ SMTP_URL: server, SMTP_CA: ca, MAIL_FROM: from }: MailSettings): {
  deliver: Deliver
  close: () => Promise<void>
} | null {
  if (server === undefined) return null
  let loading: Promise<Smtp> | null = null
  const load = () => (loading ??= import('./smtp.js').then(({ createSmtp }) => createSmtp(server, { from, ca })))
  return {
    deliver: async (message, signal) => (await load()).send(message, signal),
    async close() {
      if (loading) (await loading).close()
    },
  }
}

// The connection to the mail server, whose library is loaded when the first mail is sent: it takes 27 MiB.
import { onDemand } from '@postern/service/on-demand'
import type { Deliver } from './mails.js'
import type { Smtp } from './smtp.js'
import type { MailSettings } from './settings.js'

/** Null without SMTP_URL. */
export function createSmtpOnDemand({ SMTP_URL: server, SMTP_CA: ca, MAIL_FROM: from }: MailSettings): {
  deliver: Deliver
  close: () => Promise<void>
} | null {
  if (server === undefined) return null
  const smtp = onDemand(async (): Promise<Smtp> => (await import('./smtp.js')).createSmtp(server, { from, ca }))
  return {
    deliver: async (message, signal) => (await smtp.get()).send(message, signal),
    async close() {
      const loaded = await smtp.begun()
      loaded?.close()
    },
  }
}

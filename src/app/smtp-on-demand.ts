// The connection to the mail server, whose library is loaded when the first mail is sent: it takes 27 MiB.
import type { Smtp } from '../clients/smtp.js'
import type { Config } from '../config/index.js'
import type { Deliver } from '../services/mail/index.js'

/** Null without SMTP_URL. */
export function createSmtpOnDemand(config: Config): { deliver: Deliver; close: () => Promise<void> } | null {
  const { SMTP_URL: server, SMTP_CA: ca, MAIL_FROM: from } = config
  if (server === undefined) return null
  let loading: Promise<Smtp> | null = null
  const load = () =>
    (loading ??= import('../clients/smtp.js').then(({ createSmtp }) => createSmtp(server, { from, ca })))
  return {
    deliver: async (message) => (await load()).send(message),
    async close() {
      if (loading) (await loading).close()
    },
  }
}

// Builds what sends e-mails: the mail server or the inbox of development, and the templates.
import { createMessageIds } from '@postern/delivery/mail/post'
import { createMailSender, type MailSender } from '@postern/delivery/mail/sender'
import { createTemplates as createMailTexts } from '@postern/delivery/mail/templates'
import { TemplateProblem } from '@postern/delivery/templates/problem'
import type { Clock } from '@postern/service/clock'
import { ConfigError } from '@postern/service/config-error'
import type { Channel } from '../channels/channel.js'
import { createEmailChannel } from '../channels/email/email.js'
import type { Config } from '../config/index.js'
import type { MailTemplates } from '../notifications/composition.js'
import { createMailTemplates } from '../templates/mails.js'
import { createTemplates, type Templates } from '../templates/templates.js'
import type { ContactOf } from './upstreams.js'

export interface Mail {
  /** Null: this deployment sends no mails. */
  channel: Channel | null
  /** The same with connections of its own, for security notices: a mail server that is slow for others does not hold them up. */
  urgentChannel: Channel | null
  templates: Templates
  mails: MailTemplates
  close: () => Promise<void>
}

/** Throws a ConfigError if a template can't be used. */
export function createMail(config: Config, contactOf: ContactOf, clock: Clock): Mail {
  const names = { appName: config.APP_NAME, appUrl: config.APP_URL }
  const templates = checked('NOTIFICATION_TEMPLATES_DIR', () =>
    createTemplates({
      ...{ directory: config.NOTIFICATION_TEMPLATES_DIR, defaultLocale: config.NOTIFICATION_LOCALE, names },
    }),
  )
  const texts = checked('MAIL_TEMPLATES_DIR', () => createMailTexts(names, config.MAIL_TEMPLATES_DIR))
  const messageIdOf = createMessageIds(config.MAIL_FROM.address)
  const channelOf = ({ deliver }: MailSender): Channel | null =>
    deliver && createEmailChannel({ deliver, contactOf, appUrl: config.APP_URL, texts, messageIdOf })
  const [sender, urgentSender] = [createMailSender(config, clock), createMailSender(config, clock)]
  return {
    channel: channelOf(sender),
    urgentChannel: channelOf(urgentSender),
    ...{ templates, mails: createMailTemplates(texts) },
    async close() {
      await Promise.all([sender.close(), urgentSender.close()])
    },
  }
}

function checked<T>(variable: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof TemplateProblem ? new ConfigError(`${variable}: ${error.message}`) : error
  }
}

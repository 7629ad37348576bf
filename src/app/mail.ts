// Builds mails: their templates, and the server that sends them or the inbox of development that keeps them.
import type { Inbox } from '@postern/delivery/mail/inbox'
import { MAIL_KINDS } from '@postern/delivery/mail/mails'
import { createPost, type Post, type Render } from '@postern/delivery/mail/post'
import { createMailSender } from '@postern/delivery/mail/sender'
import type { Templates } from '@postern/delivery/mail/templates'
import { TemplateProblem } from '@postern/delivery/templates/problem'
import type { Logger } from '@postern/service/logger'
import { onDemand } from '@postern/service/on-demand'
import { addSeconds, type Clock } from '@postern/service/clock'
import { type Config, ConfigError } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createInvitationRepository } from '../repositories/accounts/invitations.js'
import { createUserRepository } from '../repositories/accounts/users.js'
import { createSessionClients } from '../repositories/sessions/session-clients.js'
import { createCountRepository } from '../repositories/verification/counts.js'
import { createCompose, createMailConsumer, createSignInPlaces, MAIL_RESULTS } from '../services/mail/index.js'
import { CODE_LIFE_SECONDS, createCodeOf, createSubjectOf } from '../services/verification/index.js'
import { linkSecrets } from './link-secrets.js'
import type { NotificationConnection } from '../upstreams/notification/index.js'
import type { Events } from './events.js'
import type { Stores } from './stores.js'

interface Parts {
  config: Config
  stores: Stores
  events: Events
  metrics: Metrics
  logger: Logger
  clock: Clock
  /** Null: Postern sends the mails itself. */
  notification: NotificationConnection | null
}

export interface Mail {
  /** The mails of development. */
  inbox: Inbox | null
  close: () => Promise<void>
}

/** How long a place is known after the last sign-in there. */
const PLACE_MEMORY_SECONDS = 90 * 86_400

/** Whether mails are sent, or kept for development. Otherwise the events that cause them have no effect. */
export const hasMail = ({ OUTBOX, SMTP_URL, MAIL_DIR, NOTIFICATION_GRPC_URL }: Config): boolean =>
  OUTBOX && (SMTP_URL !== undefined || MAIL_DIR !== undefined || NOTIFICATION_GRPC_URL !== undefined)

/** Throws a ConfigError if a template of MAIL_TEMPLATES_DIR can't be used. */
export async function createMail(parts: Parts): Promise<Mail> {
  const { config, logger, clock, notification } = parts
  const { deliver, inbox, close } = createMailSender(config, clock)
  const render = notification ? null : await mailTemplates(config)
  const local = render && deliver && createPost({ render, deliver, from: config.MAIL_FROM.address })
  const post = notification?.post ?? local
  if (post) parts.events.consumers.push(mailConsumer(parts, post))
  if (!hasMail(config) && config.NODE_ENV === 'production')
    logger.warn(
      `${config.OUTBOX ? 'SMTP_URL is not set' : 'OUTBOX is false'}: no mails are sent, so no one can verify an address or reset a password`,
    )
  return { inbox, close }
}

function mailConsumer(parts: Parts, post: Post) {
  const { config, stores, events, metrics, logger, clock } = parts
  const { read, write } = stores.events
  const users = createUserRepository(read)
  const sessions = createSessionClients(read)
  const invitations = createInvitationRepository(read, write)
  const places = signInPlaces(parts)
  const count = metrics.mails(MAIL_KINDS, MAIL_RESULTS)
  return createMailConsumer({
    compose: createCompose({
      ...{ findUser: (id) => users.findById(id), findClient: (id) => sessions.findClient(id) },
      findInvitation: (id) => invitations.find(id),
      ...linkSecrets(config),
      ...{
        places,
        codeOf: createCodeOf(config.REFRESH_KEY),
        codeLifeSeconds: CODE_LIFE_SECONDS,
        providerLabel: (name) => config.OAUTH_PROVIDERS.find((provider) => provider.name === name)?.label ?? name,
        appUrl: config.APP_URL,
        clock,
      },
    }),
    places,
    post,
    once: (name, id, send) => events.once(`mail.${name}`, id, send),
    onResult: (result, kind) => count(kind, result),
    onDropped: ({ id, type }, reason) =>
      logger.info({ eventId: id, event: type, reason }, 'a mail was not needed anymore'),
  })
}

function signInPlaces({ config, stores, clock }: Parts) {
  const { read, write } = stores.events
  const sessions = createSessionClients(read)
  const counts = createCountRepository(read, write)
  const subjectOf = createSubjectOf(config.REFRESH_KEY)
  const subject = (text: string) => subjectOf('place', 'new-device', text)
  return createSignInPlaces({
    findClient: (id) => sessions.findClient(id),
    findEarlierClients: (userId, session) => sessions.findEarlierClients(userId, session),
    isRemembered: (text) => counts.isCurrent(subject(text), clock()),
    async remember(text) {
      await counts.prolong(subject(text), addSeconds(clock(), PLACE_MEMORY_SECONDS))
    },
  })
}

/**
 * Templates of an operator are checked at once, those of Postern are read when the first mail needs them. Their library takes 9 MiB.
 */
async function mailTemplates(config: Config): Promise<Render> {
  const { get: load } = onDemand(async (): Promise<Templates> => {
    const { createTemplates } = await import('@postern/delivery/mail/templates')
    return createTemplates({ appName: config.APP_NAME, appUrl: config.APP_URL }, config.MAIL_TEMPLATES_DIR)
  })
  try {
    if (config.MAIL_TEMPLATES_DIR !== undefined) await load()
  } catch (error) {
    throw error instanceof TemplateProblem ? new ConfigError(`MAIL_TEMPLATES_DIR: ${error.message}`) : error
  }
  return async (mail) => (await load()).render(mail)
}

// Builds the notification service: the one place that knows all of its parts.
import { NotificationService } from '@postern/proto/notification'
import { checkPing } from '@postern/service/component-check'
import type { ProgramParts, ProgramWork } from '@postern/service/program'
import type { Config } from '../config/index.js'
import { deadLetterRuns } from '../deliveries/dead-letter-runs.js'
import { createDeadLetters } from '../deliveries/dead-letters.js'
import { createDeliveryTable } from '../deliveries/delivery-table.js'
import { createMessageVault } from '../deliveries/message-vault.js'
import { endpointProblemOf } from '../channels/web-push/push-services.js'
import { createPushDevices } from '../devices/devices.js'
import { deviceRuns } from '../devices/runs.js'
import { createFeed } from '../inbox/feed.js'
import { createInboxTable } from '../inbox/inbox-table.js'
import { inboxRuns } from '../inbox/runs.js'
import { createAcceptance } from '../notifications/acceptance.js'
import { createCompose } from '../notifications/composition.js'
import { createReceiverLimits } from '../notifications/limits.js'
import { createNotificationTable } from '../notifications/notification-table.js'
import { createRetention } from '../notifications/retention.js'
import { notificationRuns } from '../notifications/runs.js'
import { createSenderLimits } from '../notifications/sender-limits.js'
import { createErasure } from '../people/erasure.js'
import { createPeopleTable } from '../people/people-table.js'
import { phoneNumberRuns } from '../phone-numbers/runs.js'
import { createSettingsWriter, settingsRuns } from '../settings/runs.js'
import { createSettingsService } from '../settings/settings-service.js'
import { eraseWebhooks } from '../webhooks/erasure.js'
import { createDelivering } from './delivering.js'
import { createNotificationEvents } from './events.js'
import { createMail } from './mail.js'
import { createPhoneNumbers } from './phone-numbers.js'
import { createReach } from './reach.js'
import { receivers } from './receiving.js'
import { openRedis } from './redis.js'
import { createUnsubscribing } from './unsubscribing.js'
import { openUpstreams } from './upstreams.js'

const EVENTS_MS = 1000
const WEBHOOKS_MS = 1000
const ERASURES_MS = 1000
const PURGE_MS = 60_000

export async function build(parts: ProgramParts<Config>): Promise<ProgramWork> {
  const { config, logger, database, metrics, server, calls } = parts
  const clock = () => database.clock.now()
  const { NOTIFICATION_LOCALE: defaultLocale, NOTIFICATION_KEY: key, NOTIFICATION_KEY_PREVIOUS: previousKeys } = config
  const upstreams = openUpstreams(config, parts)
  const redis = openRedis(config, logger)
  const events = createNotificationEvents(parts, upstreams.tellAccounts)
  const mail = createMail(config, upstreams.contactOf, clock)
  const people = createPeopleTable(database.read)
  const reach = createReach(parts, { email: mail.channel, events, people, hasConsent: upstreams.hasConsent })
  const announce = (userId: string) => redis.announcements.announce(userId)

  const notifications = createNotificationTable(database.read)
  const deliveries = createDeliveryTable(database.read)
  const inbox = createInboxTable(database.read, database.write)
  const vault = createMessageVault(key, previousKeys)
  const unsubscribing = createUnsubscribing(config, logger)
  const delivering = createDelivering({
    ...{ database, channels: reach.channels, urgentEmail: mail.urgentChannel },
    ...{ templates: mail.templates, vault, hasConsent: upstreams.hasConsent },
    ...{ unsubscribe: unsubscribing.links, announce, defaultLocale, logger, metrics },
  })
  const { wake } = delivering
  const settings = createSettingsService({ transaction: database.transaction, people, deliveries, wake })
  const acceptance = createAcceptance({
    ...{
      transaction: database.transaction,
      people,
      notifications,
      deliveries,
      vault,
      defaultLocale,
      wake,
      announce,
      clock,
    },
    channels: new Map(reach.channels.map((channel) => [channel.name, channel])),
    compose: createCompose(mail),
    limits: createReceiverLimits(
      { perHour: config.NOTIFICATION_HOURLY_LIMIT, perDay: config.NOTIFICATION_DAILY_LIMIT },
      notifications,
    ),
  })
  const feed = createFeed({ inbox, announcements: redis.announcements })
  const writeSettings = createSettingsWriter((userId) => reach.phoneNumbers.ending(userId))
  const phoneNumbers = createPhoneNumbers(config, database, reach, { acceptance, people })

  server.add(
    NotificationService,
    {
      ...notificationRuns({
        ...{ acceptance, notifications, deliveries, clock },
        senderLimits: createSenderLimits(redis.counts, config.NOTIFICATION_SENDER_RATE),
      }),
      ...inboxRuns({ inbox, feed, announce }),
      ...settingsRuns(settings, writeSettings),
      ...deadLetterRuns(createDeadLetters(database, wake)),
      ...deviceRuns({
        devices: createPushDevices(reach.devices, database.transaction, people),
        vapidKey: config.VAPID_PRIVATE_KEY?.publicKey ?? null,
        endpointProblem: endpointProblemOf(config.WEB_PUSH_HOSTS, (url) => reach.urlProblem(url)),
      }),
      ...phoneNumberRuns({ phoneNumbers, hasSms: config.SMS_URL !== undefined, settings, writeSettings, clock }),
      ...reach.webhooks.runs,
    },
    calls,
  )

  const erasure = createErasure({
    ...{ people, notifications, database: database.background, many: [eraseWebhooks] },
    few: [(tx, userId) => reach.devices.erase(tx, userId), (tx, userId) => reach.phoneNumbers.erase(tx, userId)],
  })
  const purge = createRetention(database.background, config.NOTIFICATION_RETENTION)
  const stopListening = await unsubscribing.listen(settings)
  return {
    jobs: [
      ...delivering.jobs,
      [WEBHOOKS_MS, reach.webhooks.send, 'sending webhooks'],
      [EVENTS_MS, () => events.step(), 'publishing and processing events'],
      [ERASURES_MS, erasure.finish, 'erasing the rest of deleted users'],
      [PURGE_MS, () => events.purge(database.clock.now()), 'deleting old events'],
      [PURGE_MS, purge, 'deleting old notifications'],
      [PURGE_MS, () => reach.webhooks.purge(), 'deleting old deliveries of webhooks'],
      [PURGE_MS, () => reach.phoneNumbers.purge(), 'deleting old codes'],
    ],
    receives: receivers({ webhooks: reach.webhooks, acceptance, erase: erasure.erase }),
    check: async () => ({ redis: await checkPing(() => redis.counts.ping()) }),
    prepare: () => events.start(),
    async close() {
      await stopListening()
      await delivering.close()
      await feed.close()
      await Promise.all([events.close(), reach.close(), mail.close(), redis.close()])
      upstreams.close()
    },
  }
}

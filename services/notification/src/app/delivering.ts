// Builds what sends: workers for each channel and lane. Security notices have connections to the database and workers of their own.
import type { Database, DatabaseAccess } from '@postern/service/database/open-database'
import { createMysqlTransaction } from '@postern/service/database/mysql-transactions'
import { createRead } from '@postern/service/database/reads'
import { createWrite } from '@postern/service/database/writes'
import type { Job } from '@postern/service/jobs'
import type { Logger } from '@postern/service/logger'
import type { ProgramMetrics } from '@postern/service/program-metrics'
import { type Channel, CHANNEL_NAMES } from '../channels/channel.js'
import type { HasConsent } from '../deliveries/consent-check.js'
import { createDeliver, type Sender } from '../deliveries/deliver.js'
import { createDeliveryQueue } from '../deliveries/delivery-queue.js'
import { createDeliveryTable } from '../deliveries/delivery-table.js'
import { createDigests } from '../deliveries/digests.js'
import { type Lane, LANES } from '../deliveries/lanes.js'
import { createLoading } from '../deliveries/loading.js'
import type { MessageVault } from '../deliveries/message-vault.js'
import { createQueueWorker } from '../deliveries/queue-worker.js'
import { createInboxSender } from '../inbox/place.js'
import { createNotificationTable } from '../notifications/notification-table.js'
import { createPeopleTable } from '../people/people-table.js'
import type { DeliveryChannel } from '../settings/settings.js'
import type { Templates } from '../templates/templates.js'
import type { UnsubscribeLinks } from '../unsubscribe/links.js'
import { watchDeliveries } from './metrics.js'

/** How often each process looks for what is due, besides what it has accepted itself. */
const STEP_MS = 1000
const DIGEST_MS = 5000

/**
 * How long what is due on a channel that this process does not have is left to others, in seconds: during an update, some can have it.
 * After that it is a dead letter.
 */
const ABANDONED_SECONDS = 3600

/** Connections to the database of each kind of workers. */
const CONNECTIONS = { security: 3, sending: 4 }

const CHANNELS: readonly DeliveryChannel[] = [...CHANNEL_NAMES, 'IN_APP']

interface Parts {
  database: Database
  channels: readonly Channel[]
  /** Instead of the channel e-mail, for security notices. */
  urgentEmail: Channel | null
  templates: Templates
  vault: MessageVault
  hasConsent: HasConsent
  unsubscribe: UnsubscribeLinks | null
  announce: (userId: string) => void
  defaultLocale: string
  logger: Logger
  metrics: ProgramMetrics
}

export interface Delivering {
  jobs: Job[]
  /** Something is due. */
  wake: () => void
  close: () => Promise<void>
}

export function createDelivering(parts: Parts): Delivering {
  const onSettled = watchDeliveries(
    parts.metrics,
    createDeliveryQueue(parts.database.background, tableOf(parts.database)),
  )
  const workers = [
    createWorker(parts, onSettled, 'security', ['SECURITY']),
    createWorker(
      parts,
      onSettled,
      'sending',
      LANES.filter((lane) => lane !== 'SECURITY'),
    ),
  ]
  return {
    jobs: workers.flatMap(({ jobs }) => jobs),
    wake: () => workers.forEach(({ wake }) => wake()),
    async close() {
      await Promise.all(workers.map(({ close }) => close()))
    },
  }
}

const tableOf = ({ read }: DatabaseAccess) => createNotificationTable(read)

/** Their failures alone open no breaker for requests. */
function accessOf(database: Database, name: keyof typeof CONNECTIONS): DatabaseAccess {
  const connection = database.openPool(name, CONNECTIONS[name])
  return {
    read: createRead(connection),
    write: createWrite(connection, { onReadOnly: () => database.primary.suspect() }),
    transaction: createMysqlTransaction(connection, { onReadOnly: () => database.primary.suspect() }),
  }
}

function createWorker(
  {
    database,
    channels,
    urgentEmail,
    templates,
    vault,
    hasConsent,
    unsubscribe,
    announce,
    defaultLocale,
    logger,
  }: Parts,
  onSettled: ReturnType<typeof watchDeliveries>,
  name: keyof typeof CONNECTIONS,
  lanes: readonly Lane[],
): Delivering {
  const access = accessOf(database, name)
  const people = createPeopleTable(access.read)
  const deliveries = createDeliveryTable(access.read)
  const digests = createDigests({
    ...{ database: access, people, notifications: tableOf(access), deliveries, templates, defaultLocale },
  })
  const senders = new Map<DeliveryChannel, Sender>([
    ...channels.map((channel) => [channel.name, channel] as const),
    ['IN_APP', createInboxSender({ transaction: access.transaction, people, announce })],
  ])
  if (urgentEmail && lanes.includes('SECURITY')) senders.set('EMAIL', urgentEmail)
  const worker = createQueueWorker({
    queues: CHANNELS.flatMap((channel) =>
      lanes.map((lane) => ({ channel, lane, overdue: senders.has(channel) ? 0 : ABANDONED_SECONDS })),
    ),
    queue: createDeliveryQueue(access, tableOf(access)),
    deliver: createDeliver({
      ...{ loading: createLoading(access.read), digests, vault, senders, hasConsent, unsubscribe },
      onConsentUnknown: (error) => logger.debug({ err: error }, 'the consent service does not answer; trying again'),
    }),
    onSettled,
    onError: ({ id, channel }, error) => logger.warn({ err: error, delivery: id, channel }, 'a delivery failed'),
    onFailure: (error) => logger.debug({ err: error }, 'sending notifications failed; trying again'),
  })
  const makesDigests = lanes.includes('NORMAL')
  return {
    jobs: [
      [STEP_MS, () => worker.step(), `sending notifications (${name})`],
      [DIGEST_MS, makesDigests ? () => digests.step() : null, 'making digests'],
    ],
    wake: () => worker.wake(),
    close: () => worker.close(),
  }
}

// Builds webhooks for a host: what is sent, what people do with webhooks, and the sending.
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'
import type { OutboundRequests } from '../outbound/requests.js'
import { createWebhookDeliveryService, type WebhookDeliveryService } from './deliveries.js'
import { createWebhookService, type WebhookService } from './endpoints.js'
import { createRecordFailure } from './failures.js'
import { createHandOver } from './handing-over.js'
import { createPostToReceiver } from './receivers.js'
import type { WebhookRecords } from './records.js'
import { createWebhookRetention } from './retention.js'
import { createSecretVault } from './secrets.js'
import { createSending, type DELIVERY_RESULTS, type NotWanted } from './sending.js'
import { createSubscription, type OnAdded } from './subscription.js'
import { createTakeOver } from './taking-over.js'
import { createDeliveryRepository } from './tables/deliveries.js'
import { createDeliveryQueue, type Pace } from './tables/delivery-queue.js'
import { createDueEndpoints } from './tables/due-endpoints.js'
import { createHandOverTable } from './tables/hand-over.js'
import { createEndpointRepository, type DisabledReason, type Owner } from './tables/endpoints.js'

/** What people do with webhooks, and with what is sent to them. */
export interface WebhookOperations<Actor> {
  webhooks: WebhookService<Actor>
  deliveries: WebhookDeliveryService<Actor>
}

export interface WebhookHost<Event, Actor> {
  stores: {
    read: Read
    transaction: MysqlTransaction
    /** For jobs: what they wait for must not delay requests. */
    background: { read: Read; write: Write; transaction: MysqlTransaction }
  }
  /** The key that secrets are encrypted with, and earlier ones. */
  keys: { current: string; previous: readonly string[] }
  /** How many requests a minute each webhook gets at most. */
  perMinute: number
  retentionSeconds: number
  outbound: OutboundRequests
  /** Whether there are webhooks of people, too. */
  hasOwners: boolean
  /** Which exceptions of `outbound` are for those. By default none. */
  hostsOfPeople?: readonly string[]
  records: WebhookRecords<Actor>
  /** The `source` of test events. */
  source: string
  toCloudEvent: (event: Event) => object
  onAdded?: OnAdded
  /** By default, what was added is sent. */
  notWanted?: NotWanted
  /** Whether this process sends. */
  sends: boolean
  onSettled: (result: (typeof DELIVERY_RESULTS)[number]) => void
  onDisabled: (webhookId: string, reason: DisabledReason) => void
  /** Sending has failed, and is tried again. */
  onFailure: (error: unknown) => void
  clock: Clock
}

/** In no minute more than `perMinute`: a sixth of them can be sent at once, and the others follow evenly. */
function paceOf(perMinute: number): Pace {
  const burst = Math.floor(perMinute / 6)
  return { burst, everyMs: Math.ceil(60_000 / (perMinute - burst)) }
}

export function createWebhooks<Event extends { id: string; type: string; userId: string }, Actor>(
  host: WebhookHost<Event, Actor>,
) {
  const { stores, keys, outbound, records, source, sends, clock } = host
  const { read, write, transaction } = stores.background
  const vault = createSecretVault(keys.current, keys.previous)
  const deliveries = createDeliveryRepository(stores.read, write)
  const queue = createDeliveryQueue(transaction, read, write)
  const sending = createSending({
    notWanted: host.notWanted,
    ...{ queue, due: createDueEndpoints(read, host), vault, clock, pace: paceOf(host.perMinute) },
    post: createPostToReceiver(outbound),
    recordFailure: createRecordFailure({
      transaction,
      queue,
      endpoints: createEndpointRepository(stores.read),
      records,
    }),
    ...{ onSettled: host.onSettled, onDisabled: host.onDisabled, onFailure: host.onFailure },
  })
  const wake = (ids: readonly string[]) => {
    if (sends) sending.wake(ids)
  }

  const { hostsOfPeople = [] } = host
  /** The exceptions of the deployment are for its administrators: people must not reach its private hosts. */
  const problemFor = (owner: Owner | undefined) => (url: string) =>
    outbound.problemOf(url) ??
    (typeof owner === 'string' && outbound.isException(url) && !hostsOfPeople.includes(new URL(url).hostname)
      ? 'must not be a host of the deployment'
      : null)

  return {
    /** `owner` and `eventTypes`: whose webhooks, and what they can get. `limit`: how many there can be. */
    operations({
      owner,
      ...rules
    }: {
      owner?: Owner
      eventTypes: readonly string[]
      limit: number
    }): WebhookOperations<Actor> {
      const endpoints = createEndpointRepository(stores.read, owner)
      const shared = { transaction: stores.transaction, endpoints, deliveries, records, wake, clock }
      return {
        webhooks: createWebhookService({ ...shared, ...rules, vault, urlProblem: problemFor(owner) }),
        deliveries: createWebhookDeliveryService({ ...shared, source, isPersonal: typeof owner === 'string' }),
      }
    },

    /** What happens for each event that the webhooks of `owner` can get. */
    subscription: (owner?: Owner) =>
      createSubscription<Event>({
        endpoints: createEndpointRepository(stores.read, owner),
        ...{ deliveries, toCloudEvent: host.toCloudEvent, onAdded: host.onAdded, wake, clock },
      }),

    /** Gives all webhooks to another host. Resolves with how many there were. */
    handOver: ({ give, onLostSecret }: Pick<Parameters<typeof createHandOver>[0], 'give' | 'onLostSecret'>) =>
      createHandOver({ table: createHandOverTable(read), transaction, vault, give, onLostSecret }),

    /** For webhooks that another host has had. */
    takeOver: createTakeOver({ transaction: stores.transaction, vault, onAdded: host.onAdded, wake }),

    /** Of the webhooks of `owner`, for what is sent to them besides events. */
    tables: { endpointsOf: (owner?: Owner) => createEndpointRepository(stores.read, owner), deliveries },
    wake,

    /** How many deliveries are not sent yet. */
    waiting: () => queue.waiting(),
    /** Starts to send what is due. Null where another process sends. */
    send: sends ? () => sending.step() : null,
    /** Deletes old deliveries. Returns how many. */
    purge: createWebhookRetention({ deliveries, seconds: host.retentionSeconds, clock }),
    close: () => sending.close(),
  }
}

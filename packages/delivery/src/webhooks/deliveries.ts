// What can be done with deliveries: list them, send them again, and send a test.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { isId } from '@postern/service/ids'
import { type PageRange, readPage } from '@postern/service/pages'
import { REQUEST_TIMEOUT_MS } from '../outbound/requests.js'
import type { DeliveryRepository, DeliveryStatus, WebhookDelivery } from './tables/deliveries.js'
import type { EndpointRepository } from './tables/endpoints.js'
import type { WebhookRecords } from './records.js'
import { TEST_EVENT } from './test-event.js'

/** A test has a result by then, unless a process has died. */
const TEST_RESULT_SECONDS = REQUEST_TIMEOUT_MS / 1000

/** More than a receiver gets in an hour at the default pace. The webhook's row is locked for all of them. */
const MOST_REPLAYED = 5000

export type WebhookDeliveryService<Actor> = ReturnType<typeof createWebhookDeliveryService<Actor>>

/** `source`: of the events that are sent. `isPersonal`: they are for a person, who gets one test after the other. */
export function createWebhookDeliveryService<Actor>({
  transaction,
  endpoints,
  deliveries,
  source,
  isPersonal,
  records,
  wake,
  clock,
}: {
  transaction: MysqlTransaction
  endpoints: EndpointRepository
  deliveries: DeliveryRepository
  source: string
  isPersonal: boolean
  records: WebhookRecords<Actor>
  wake: (webhookIds: readonly string[]) => void
  clock: Clock
}) {
  async function existing(id: string): Promise<WebhookDelivery> {
    const delivery = await deliveries.find(id)
    if (!delivery || !(await endpoints.find(delivery.webhookId))) throw new ServiceError('NOT_FOUND')
    return delivery
  }

  return {
    /** In no particular order. What is not an id, or unknown, is left out. */
    async find(ids: readonly string[]): Promise<WebhookDelivery[]> {
      const found = await deliveries.findByIds(ids.filter(isId))
      const visible = await endpoints.findByIds([...new Set(found.map(({ webhookId }) => webhookId))])
      return found.filter(({ webhookId }) => visible.some(({ id }) => id === webhookId))
    },

    /** The newest first. Throws NOT_FOUND. */
    async list({ webhookId, status, ...range }: PageRange & { webhookId: string; status: DeliveryStatus | null }) {
      if (!(await endpoints.find(webhookId))) throw new ServiceError('NOT_FOUND')
      return readPage(
        range,
        (limit) => deliveries.list({ webhookId, status }, { ...range, limit }),
        // The list is sorted by descending id.
        (behind) =>
          deliveries.exists({ webhookId, status }, 'upTo' in behind ? { downTo: behind.upTo } : { upTo: behind.from }),
      )
    },

    /** Throws NOT_FOUND, FORBIDDEN if the webhook is disabled, and RATE_LIMITED if a person's last test has no result yet. */
    async test(webhookId: string, actor: Actor): Promise<WebhookDelivery> {
      const [id, eventId] = [uuidv7(), uuidv7()]
      await transaction(async (tx) => {
        await records.changing?.(tx, actor)
        const endpoint = await endpoints.lock(tx, webhookId)
        if (!endpoint) throw new ServiceError('NOT_FOUND')
        if (!endpoint.enabled) throw new ServiceError('FORBIDDEN', { message: 'Enable the webhook first.' })
        if (isPersonal && (await deliveries.hasWaiting(tx, webhookId, TEST_EVENT)))
          throw new ServiceError('RATE_LIMITED', {
            message: 'The last test of this webhook has no result yet.',
            retryAfter: TEST_RESULT_SECONDS,
          })
        const now = clock()
        const about = { specversion: '1.0', id: eventId, source, type: TEST_EVENT, time: now.toISOString() }
        const body = JSON.stringify({ ...about, datacontenttype: 'application/json', data: {} })
        await deliveries.insert(tx, [{ id, endpointId: webhookId, eventId, type: TEST_EVENT, body, userId: null }], now)
        await records.changed(tx, 'TEST_WEBHOOK', actor, { webhook: webhookId, event: eventId })
        tx.afterCommit(() => wake([webhookId]))
      })
      return existing(id)
    },

    /** With the same id of the event, so that a receiver that has it recognizes it. Throws NOT_FOUND. */
    async replay(id: string, actor: Actor): Promise<WebhookDelivery> {
      const { webhookId, eventId } = await existing(id)
      await transaction(async (tx) => {
        await records.changing?.(tx, actor)
        if (!(await endpoints.lock(tx, webhookId)) || !(await deliveries.replay(tx, id)))
          throw new ServiceError('NOT_FOUND')
        await records.changed(tx, 'REPLAY_WEBHOOK', actor, { webhook: webhookId, event: eventId })
        tx.afterCommit(() => wake([webhookId]))
      })
      return existing(id)
    },

    /** Those that have failed, the oldest ones if there are too many. Returns how many. Throws NOT_FOUND. */
    replayFailed: (webhookId: string, since: Date, actor: Actor): Promise<number> =>
      transaction(async (tx) => {
        await records.changing?.(tx, actor)
        if (!(await endpoints.lock(tx, webhookId))) throw new ServiceError('NOT_FOUND')
        const count = await deliveries.replayFailed(tx, webhookId, since, MOST_REPLAYED)
        const facts = { webhook: webhookId, since: since.toISOString(), deliveries: String(count) }
        if (count > 0) await records.changed(tx, 'REPLAY_WEBHOOK', actor, facts)
        tx.afterCommit(() => wake([webhookId]))
        return count
      }),
  }
}

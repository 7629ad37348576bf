// Webhooks that the notification service has: what administrators do with them, with the entries of the audit log.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { WebhookAction, WebhookFacts } from '@postern/delivery/webhooks/records'
import type { WebhookEndpoint } from '@postern/delivery/webhooks/tables/endpoints'
import { WebhookDeliveryStatus } from '@postern/proto/notification'
import { ServiceError } from '@postern/service/errors'
import type { WebhookServices } from '../../services/webhooks/index.js'
import { pageRequest, toDelivery, toPage, toWebhook, updateRequest } from './messages.js'
import type { NotificationRpcs } from './rpcs.js'

type Actor = Parameters<WebhookServices['webhooks']['register']>[1]

/** Notes a change that has happened. Never rejects. */
export type NoteChange = (action: WebhookAction, actor: Actor, facts: WebhookFacts) => Promise<void>

const factsOf = ({ id, url }: WebhookEndpoint) => ({ webhook: id, host: new URL(url).host.slice(0, 255) })

/** A response that lacks what it must have is one of another version. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ServiceError('INTERNAL_SERVER_ERROR')
  return value
}

export function createRemoteWebhooks(rpcs: NotificationRpcs, note: NoteChange): WebhookServices {
  /** While the service is away, everything else that has an id is still found. */
  const found = async (ids: readonly string[]) =>
    rpcs.findWebhooks({ ids: [...ids] }).catch((error: unknown) => {
      if (error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE') return { webhooks: [], deliveries: [] }
      throw error
    })

  return {
    webhooks: {
      async register({ url, description, eventTypes, enabled }, actor) {
        const { webhook, secret } = await rpcs.registerWebhook({
          ...{ url, enabled, eventTypes: [...(eventTypes ?? [])] },
          ...(description != null && { description }),
        })
        const registered = toWebhook(present(webhook))
        await note('REGISTER_WEBHOOK', actor, factsOf(registered))
        return { webhook: registered, secret }
      },

      async update(id, changes, actor) {
        const updated = toWebhook(present((await rpcs.updateWebhook(updateRequest(id, changes))).webhook))
        const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : name))
        await note('UPDATE_WEBHOOK', actor, { ...factsOf(updated), fields: fields.join(', ') })
        return updated
      },

      async delete(id, actor) {
        const { webhook } = await rpcs.getWebhook({ webhookId: id })
        await rpcs.deleteWebhook({ webhookId: id })
        await note('DELETE_WEBHOOK', actor, factsOf(toWebhook(present(webhook))))
      },

      async rotateSecret(id, actor) {
        const { webhook, secret } = await rpcs.rotateWebhookSecret({ webhookId: id })
        const rotated = toWebhook(present(webhook))
        await note('ROTATE_WEBHOOK_SECRET', actor, factsOf(rotated))
        return { webhook: rotated, secret }
      },

      find: async (ids) => (await found(ids)).webhooks.map(toWebhook),

      async list(range) {
        const page = await rpcs.listWebhooks(pageRequest(range))
        return toPage(page.webhooks, toWebhook, page)
      },
    },

    deliveries: {
      find: async (ids) => (await found(ids)).deliveries.map(toDelivery),

      async list({ webhookId, status, ...range }) {
        const wanted = status && { status: WebhookDeliveryStatus[status] }
        const page = await rpcs.listWebhookDeliveries({ webhookId, ...wanted, ...pageRequest(range) })
        return toPage(page.deliveries, toDelivery, page)
      },

      async test(webhookId, actor) {
        const delivery = toDelivery(present((await rpcs.testWebhook({ webhookId })).delivery))
        await note('TEST_WEBHOOK', actor, { webhook: webhookId, event: delivery.eventId })
        return delivery
      },

      async replay(id, actor) {
        const delivery = toDelivery(present((await rpcs.replayWebhookDelivery({ deliveryId: id })).delivery))
        await note('REPLAY_WEBHOOK', actor, { webhook: delivery.webhookId, event: delivery.eventId })
        return delivery
      },

      async replayFailed(webhookId, since, actor) {
        const request = { webhookId, since: timestampFromDate(since) }
        const { replayedCount: count } = await rpcs.replayFailedWebhookDeliveries(request)
        const facts = { webhook: webhookId, since: since.toISOString(), deliveries: String(count) }
        if (count > 0) await note('REPLAY_WEBHOOK', actor, facts)
        return count
      },
    },
  }
}

// Webhooks that the notification service has: what administrators do with them, with the entries of the audit log.
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { WebhookAction, WebhookFacts } from '@postern/delivery/webhooks/records'
import type { WebhookEndpoint } from '@postern/delivery/webhooks/tables/endpoints'
import { WebhookDeliveryStatus } from '@postern/proto/notification'
import { ServiceError } from '@postern/service/errors'
import { isId } from '@postern/service/ids'
import type { WebhookServices } from '../../services/webhooks/index.js'
import { pageRequest, toDelivery, toPage, toWebhook, updateRequest } from './messages.js'
import type { NotificationRpcs } from './rpcs.js'

type Actor = Parameters<WebhookServices['webhooks']['register']>[1]

/** By name, without personal data. */
type Facts = Readonly<Record<string, string>>

/** What is kept of changes. */
export interface ChangeNotes {
  /** Before the call. If it rejects, nothing is changed: there is no change without a note. */
  attempted(action: WebhookAction, actor: Actor, facts: Facts): Promise<void>
  /** Afterwards. Never rejects. */
  ended(result: 'SUCCESS' | 'FAILURE', action: WebhookAction, actor: Actor, facts: Facts): Promise<void>
}

const hostOf = (url: string): string => (URL.parse(url)?.host ?? '').slice(0, 255)

const factsOf = ({ id, url }: WebhookEndpoint): WebhookFacts => ({ webhook: id, host: hostOf(url) })

/** What a client calls the id may be any text. */
const named = (name: 'webhook' | 'delivery', id: string): Facts => ({ [name]: isId(id) ? id : 'unknown' })

/** After these, nobody knows whether it was done. */
const UNKNOWN: readonly string[] = ['SERVICE_UNAVAILABLE', 'INTERNAL_SERVER_ERROR']

const isRefusal = (error: unknown): boolean => error instanceof ServiceError && !UNKNOWN.includes(error.code)

/** A response that lacks what it must have is one of another version. */
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ServiceError('INTERNAL_SERVER_ERROR')
  return value
}

export function createRemoteWebhooks(rpcs: NotificationRpcs, notes: ChangeNotes): WebhookServices {
  /** `known`: the facts before. `outcomeOf`: those of what has happened. */
  async function changing<Result>(
    [action, actor, known]: [WebhookAction, Actor, Facts],
    change: () => Promise<Result>,
    outcomeOf: (result: Result) => Facts,
  ): Promise<Result> {
    await notes.attempted(action, actor, known)
    const result = await change().catch(async (error: unknown) => {
      if (isRefusal(error)) await notes.ended('FAILURE', action, actor, known)
      throw error
    })
    await notes.ended('SUCCESS', action, actor, outcomeOf(result))
    return result
  }

  /** While the service is away, everything else that has an id is still found. */
  const found = async (ids: readonly string[]) =>
    rpcs.findWebhooks({ ids: [...ids] }).catch((error: unknown) => {
      if (error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE') return { webhooks: [], deliveries: [] }
      throw error
    })

  return {
    webhooks: {
      register: ({ url, description, eventTypes, enabled }, actor) =>
        changing(
          ['REGISTER_WEBHOOK', actor, { host: hostOf(url) }],
          async () => {
            const { webhook, secret } = await rpcs.registerWebhook({
              ...{ url, enabled, eventTypes: [...(eventTypes ?? [])] },
              ...(description != null && { description }),
            })
            return { webhook: toWebhook(present(webhook)), secret }
          },
          ({ webhook }) => factsOf(webhook),
        ),

      update(id, changes, actor) {
        const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : name))
        const changed = { fields: fields.join(', ') }
        return changing(
          ['UPDATE_WEBHOOK', actor, { ...named('webhook', id), ...changed }],
          async () => toWebhook(present((await rpcs.updateWebhook(updateRequest(id, changes))).webhook)),
          (webhook) => ({ ...factsOf(webhook), ...changed }),
        )
      },

      async delete(id, actor) {
        await changing(
          ['DELETE_WEBHOOK', actor, named('webhook', id)],
          async () => {
            const { webhook } = await rpcs.getWebhook({ webhookId: id })
            await rpcs.deleteWebhook({ webhookId: id })
            return toWebhook(present(webhook))
          },
          factsOf,
        )
      },

      rotateSecret: (id, actor) =>
        changing(
          ['ROTATE_WEBHOOK_SECRET', actor, named('webhook', id)],
          async () => {
            const { webhook, secret } = await rpcs.rotateWebhookSecret({ webhookId: id })
            return { webhook: toWebhook(present(webhook)), secret }
          },
          ({ webhook }) => factsOf(webhook),
        ),

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

      test: (webhookId, actor) =>
        changing(
          ['TEST_WEBHOOK', actor, named('webhook', webhookId)],
          async () => toDelivery(present((await rpcs.testWebhook({ webhookId })).delivery)),
          ({ eventId }) => ({ webhook: webhookId, event: eventId }),
        ),

      replay: (id, actor) =>
        changing(
          ['REPLAY_WEBHOOK', actor, named('delivery', id)],
          async () => toDelivery(present((await rpcs.replayWebhookDelivery({ deliveryId: id })).delivery)),
          (delivery) => ({ webhook: delivery.webhookId, event: delivery.eventId }),
        ),

      replayFailed(webhookId, since, actor) {
        const known = { ...named('webhook', webhookId), since: since.toISOString() }
        return changing(
          ['REPLAY_WEBHOOK', actor, known],
          async () =>
            (await rpcs.replayFailedWebhookDeliveries({ webhookId, since: timestampFromDate(since) })).replayedCount,
          (count) => ({ ...known, deliveries: String(count) }),
        )
      },
    },
  }
}

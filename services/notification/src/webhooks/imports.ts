// Reads a webhook that another service hands over.
import { type Timestamp, timestampDate } from '@bufbuild/protobuf/wkt'
import type { HandedOver } from '@postern/delivery/webhooks/taking-over'
import { type NotificationService, WebhookDisabledReason } from '@postern/proto/notification'
import type { RpcRequest } from '@postern/proto/rpc-types'
import { invalidField } from '@postern/service/errors'
import { isId } from '@postern/service/ids'

const SECRET_BYTES = 32
const MOST_DELIVERIES = 20

const REASONS = new Map<WebhookDisabledReason, 'GONE' | 'FAILING'>([
  [WebhookDisabledReason.GONE, 'GONE'],
  [WebhookDisabledReason.FAILING, 'FAILING'],
])

const time = (value: Timestamp | undefined): Date | null => (value ? timestampDate(value) : null)

function required(value: Timestamp | undefined, path: string): Date {
  if (!value) throw invalidField(path, 'A time is required.')
  return timestampDate(value)
}

/** Throws INVALID_INPUT. */
export function importedWebhook(request: RpcRequest<typeof NotificationService, 'importWebhook'>): HandedOver {
  const { webhook, secret, previousSecret, deliveries } = request
  if (!webhook || !isId(webhook.id)) throw invalidField('webhook.id', 'Webhook id is not an id.')
  if (secret.length !== SECRET_BYTES || (previousSecret && previousSecret.length !== SECRET_BYTES))
    throw invalidField('secret', `A secret has ${SECRET_BYTES} bytes.`)
  if (deliveries.length > MOST_DELIVERIES)
    throw invalidField('deliveries', `There can be at most ${MOST_DELIVERIES} deliveries.`)
  const { id, url, description = null, eventTypes, enabled, disabledReason } = webhook
  return {
    webhook: {
      ...{ id, url, description, enabled, eventTypes: eventTypes.length > 0 ? eventTypes : null },
      disabledReason: REASONS.get(disabledReason) ?? null,
      failingSince: time(webhook.failingSince),
      previousUntil: time(webhook.previousSecretValidUntil),
      createdAt: required(webhook.createdAt, 'webhook.createdAt'),
      updatedAt: required(webhook.updatedAt, 'webhook.updatedAt'),
    },
    ...{ secret, previousSecret: previousSecret ?? null },
    deliveries: deliveries.map(({ userId = null, dueAt, createdAt, eventType: type, ...delivery }, index) => ({
      ...{ id: delivery.id, eventId: delivery.eventId, type, body: delivery.body, attempts: delivery.attempts, userId },
      dueAt: required(dueAt, `deliveries.${index}.dueAt`),
      createdAt: required(createdAt, `deliveries.${index}.createdAt`),
    })),
  }
}

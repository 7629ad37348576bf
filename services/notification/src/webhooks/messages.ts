// Writes webhooks and their deliveries as messages.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { WebhookDelivery } from '@postern/delivery/webhooks/tables/deliveries'
import type { WebhookEndpoint } from '@postern/delivery/webhooks/tables/endpoints'
import {
  type WebhookDeliverySchema,
  WebhookDeliveryStatus,
  WebhookDisabledReason,
  type WebhookSchema,
} from '@postern/proto/notification'
import type { Page } from '@postern/service/pages'
import type { WebhookOwner } from './owners.js'

const maybe = <T>(value: T | null): T | undefined => value ?? undefined
const time = (value: Date | null) => (value === null ? undefined : timestampFromDate(value))

/** `now`: a secret before the last rotation that signs no more is not worth mentioning. */
export const webhookMessage = (
  webhook: WebhookEndpoint,
  owner: WebhookOwner,
  now: Date,
): MessageInitShape<typeof WebhookSchema> => ({
  ...{ id: webhook.id, url: webhook.url, description: maybe(webhook.description), enabled: webhook.enabled },
  eventTypes: webhook.eventTypes ?? [],
  disabledReason: WebhookDisabledReason[webhook.disabledReason ?? 'UNSPECIFIED'],
  failingSince: time(webhook.failingSince),
  previousSecretValidUntil:
    webhook.previousUntil && webhook.previousUntil > now ? time(webhook.previousUntil) : undefined,
  createdAt: time(webhook.createdAt),
  updatedAt: time(webhook.updatedAt),
  userId: maybe(owner),
})

export const deliveryMessage = (delivery: WebhookDelivery): MessageInitShape<typeof WebhookDeliverySchema> => ({
  ...{ id: delivery.id, webhookId: delivery.webhookId, eventId: delivery.eventId, eventType: delivery.eventType },
  ...{ status: WebhookDeliveryStatus[delivery.status], attempts: delivery.attempts },
  lastAttemptAt: time(delivery.lastAttemptAt),
  lastResponseStatus: maybe(delivery.lastResponseStatus),
  lastFailure: maybe(delivery.lastFailure),
  nextAttemptAt: time(delivery.nextAttemptAt),
  createdAt: time(delivery.createdAt),
})

/** How a list continues. A page token is the id of its last entry. */
export const pageMessage = ({ nodes, hasPreviousPage, hasNextPage }: Page<{ id: string }>) => ({
  pagination: { nextPageToken: hasNextPage ? (nodes.at(-1)?.id ?? '') : '' },
  ...{ hasPreviousPage, hasNextPage },
})

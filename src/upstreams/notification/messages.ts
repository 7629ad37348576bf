// Reads and writes webhooks and their deliveries as messages of the notification service.
import { type Timestamp, timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt'
import type { DeliveryStatus, WebhookDelivery } from '@postern/delivery/webhooks/tables/deliveries'
import type { EndpointChanges, WebhookEndpoint } from '@postern/delivery/webhooks/tables/endpoints'
import type { HandedOver } from '@postern/delivery/webhooks/taking-over'
import {
  type NotificationService,
  type Webhook,
  type WebhookDelivery as DeliveryMessage,
  WebhookDeliveryStatus,
  WebhookDisabledReason,
} from '@postern/proto/notification'
import type { RpcRequestInit } from '@postern/proto/rpc-types'
import type { Page, PageRange } from '@postern/service/pages'

type Request<M extends keyof (typeof NotificationService)['method']> = RpcRequestInit<typeof NotificationService, M>

const date = (value: Timestamp | undefined): Date | null => (value ? timestampDate(value) : null)
const time = (value: Date | null) => (value === null ? undefined : timestampFromDate(value))

/** The time of a message that always has it. */
const known = (value: Timestamp | undefined): Date => date(value) ?? new Date(0)

const REASONS: Readonly<Record<WebhookDisabledReason, WebhookEndpoint['disabledReason']>> = {
  [WebhookDisabledReason.UNSPECIFIED]: null,
  [WebhookDisabledReason.GONE]: 'GONE',
  [WebhookDisabledReason.FAILING]: 'FAILING',
}

const STATUSES: Readonly<Record<WebhookDeliveryStatus, DeliveryStatus>> = {
  [WebhookDeliveryStatus.UNSPECIFIED]: 'PENDING',
  [WebhookDeliveryStatus.PENDING]: 'PENDING',
  [WebhookDeliveryStatus.DELIVERED]: 'DELIVERED',
  [WebhookDeliveryStatus.FAILED]: 'FAILED',
}

export const toWebhook = (message: Webhook): WebhookEndpoint => ({
  ...{ id: message.id, url: message.url, description: message.description ?? null, enabled: message.enabled },
  eventTypes: message.eventTypes.length > 0 ? message.eventTypes : null,
  disabledReason: REASONS[message.disabledReason],
  failingSince: date(message.failingSince),
  previousUntil: date(message.previousSecretValidUntil),
  createdAt: known(message.createdAt),
  updatedAt: known(message.updatedAt),
})

export const toDelivery = (message: DeliveryMessage): WebhookDelivery => ({
  ...{ id: message.id, webhookId: message.webhookId, eventId: message.eventId, eventType: message.eventType },
  ...{ status: STATUSES[message.status], attempts: message.attempts },
  lastAttemptAt: date(message.lastAttemptAt),
  lastResponseStatus: message.lastResponseStatus ?? null,
  lastFailure: message.lastFailure ?? null,
  nextAttemptAt: date(message.nextAttemptAt),
  createdAt: known(message.createdAt),
})

export const pageRequest = ({ after, before, size, backward }: PageRange) => ({
  pagination: { pageSize: size, ...(after !== null && { pageToken: after }) },
  ...(before !== null && { beforeId: before }),
  fromEnd: backward,
})

export const toPage = <Message, Node>(
  messages: readonly Message[],
  toNode: (message: Message) => Node,
  { hasPreviousPage, hasNextPage }: Omit<Page<never>, 'nodes'>,
): Page<Node> => ({ nodes: messages.map(toNode), hasPreviousPage, hasNextPage })

/** The name of each field in a mask. */
const FIELDS = { url: 'url', description: 'description', eventTypes: 'event_types', enabled: 'enabled' } as const

export function updateRequest(webhookId: string, changes: EndpointChanges): Request<'updateWebhook'> {
  const names = (Object.keys(FIELDS) as (keyof typeof FIELDS)[]).filter((name) => changes[name] !== undefined)
  const { url, description, eventTypes, enabled } = changes
  return {
    webhookId,
    updateMask: { paths: names.map((name) => FIELDS[name]) },
    ...(url !== undefined && { url }),
    ...(description != null && { description }),
    ...(eventTypes && { eventTypes: [...eventTypes] }),
    ...(enabled !== undefined && { enabled }),
  }
}

export const importRequest = ({
  webhook,
  secret,
  previousSecret,
  deliveries,
}: HandedOver): Request<'importWebhook'> => ({
  webhook: {
    ...{ id: webhook.id, url: webhook.url, enabled: webhook.enabled, eventTypes: webhook.eventTypes ?? [] },
    ...(webhook.description !== null && { description: webhook.description }),
    disabledReason: WebhookDisabledReason[webhook.disabledReason ?? 'UNSPECIFIED'],
    failingSince: time(webhook.failingSince),
    previousSecretValidUntil: time(webhook.previousUntil),
    createdAt: time(webhook.createdAt),
    updatedAt: time(webhook.updatedAt),
  },
  secret,
  ...(previousSecret && { previousSecret }),
  deliveries: deliveries.map(({ id, eventId, type, body, userId, attempts, dueAt, createdAt }) => ({
    ...{ id, eventId, eventType: type, body, attempts, dueAt: time(dueAt), createdAt: time(createdAt) },
    ...(userId !== null && { userId }),
  })),
})

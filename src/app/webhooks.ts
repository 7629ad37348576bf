// Builds webhooks: Postern's own, or those that the notification service has.
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import type { Consumer } from '../services/events/index.js'
import type { WebhookServices } from '../services/webhooks/index.js'
import type { NotificationConnection } from '../upstreams/notification/index.js'
import { remoteWebhooks } from './remote-webhooks.js'
import { createWebhookHost, type WebhookHostParts } from './webhook-host.js'

/** A deployment has few. */
const MAX_WEBHOOKS = 50

interface Parts extends WebhookHostParts {
  events: WebhookHostParts['events'] & { consumers: Consumer[] }
  /** Null: Postern has the webhooks itself. */
  notification: NotificationConnection | null
}

export function createWebhooks({ notification, ...parts }: Parts) {
  const host = createWebhookHost(parts, { sends: notification === null })
  const { records, purge, close } = host
  if (notification) return { ...remoteWebhooks(parts, notification, host), records, purge, close }
  parts.events.consumers.push({ name: 'webhooks', types: WEBHOOK_EVENT_TYPES, ...host.subscription() })
  const services: WebhookServices = host.operations({ eventTypes: WEBHOOK_EVENT_TYPES, limit: MAX_WEBHOOKS })
  return { services, send: host.send, records, purge, close }
}

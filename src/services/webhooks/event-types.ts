// The types of events that webhooks can get.
import type { EventType } from '../events/index.js'

/** Sent only by `testWebhook`. */
export const TEST_EVENT = 'webhook.test'

/** Events that only ask for a mail are no one else's business. */
type WebhookEventType = Exclude<EventType, `mail.${string}` | `webhook.${string}`>

/** A record, so that a new type of event can't be forgotten here. */
const TYPES: Record<WebhookEventType, true> = {
  'user.registered': true,
  'user.imported': true,
  'user.logged_in': true,
  'user.login_failed': true,
  'user.locked': true,
  'user.profile_updated': true,
  'user.email_verified': true,
  'user.email_changed': true,
  'user.role_changed': true,
  'user.disabled': true,
  'user.enabled': true,
  'user.deleted': true,
  'username.changed': true,
  'username.released': true,
  'password.changed': true,
  'session.revoked': true,
  'session.reuse_detected': true,
}

export const WEBHOOK_EVENT_TYPES = Object.keys(TYPES) as WebhookEventType[]

export const isWebhookEventType = (text: string): boolean => Object.hasOwn(TYPES, text)

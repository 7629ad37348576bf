// Webhooks: events sent over HTTP to receivers that administrators register.
import type { WebhookDeliveryService } from './deliveries.js'
import type { WebhookService } from './endpoints.js'

export { createWebhookDeliveryService } from './deliveries.js'
export { createWebhookService } from './endpoints.js'
export { createRecordFailure } from './failures.js'
export { createWebhookRetention } from './retention.js'
export { createSecretVault } from './secrets.js'
export { createSending, DELIVERY_RESULTS } from './sending.js'
export { createSubscription } from './subscription.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { WebhookEndpoint } from '../../repositories/webhooks/endpoints.js'

export interface WebhookServices {
  webhooks: WebhookService
  deliveries: WebhookDeliveryService
}

// Webhooks: events sent over HTTP to receivers that administrators register. @postern/delivery keeps and sends them.
import type { WebhookOperations } from '@postern/delivery/webhooks/webhooks'
import type { Actor } from '../audit/index.js'

export { createWebhookRecords } from './records.js'
export { createReportedChanges } from './reported-changes.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { WebhookEndpoint } from '@postern/delivery/webhooks/tables/endpoints'

export type WebhookServices = WebhookOperations<Actor>

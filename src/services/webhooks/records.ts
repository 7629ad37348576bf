// What Postern keeps about webhooks: entries of the audit log, and the events that tell administrators by mail.
import type { WebhookRecords } from '@postern/delivery/webhooks/records'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { type Actor, type AuditTrail, SERVICE } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'

export function createWebhookRecords({
  users,
  audit,
  events,
}: {
  users: UserRepository
  audit: AuditTrail
  events: EventTrail
}): WebhookRecords<Actor> {
  return {
    changed: (tx, action, actor, facts) => audit.record(tx, { action, actor, accountId: null, facts }),

    /** The audit log has it, and all administrators get a mail. */
    async disabled(tx, webhookId, reason) {
      const facts = { webhook: webhookId, reason: reason.toLowerCase() }
      await audit.record(tx, { action: 'DISABLE_WEBHOOK', actor: SERVICE, accountId: null, facts })
      for (const id of await users.findAdmins(tx))
        await events.record(tx, id, { type: 'webhook.disabled', data: { webhookId, reason } })
    },
  }
}

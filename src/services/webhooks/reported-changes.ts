// What the notification service reports about webhooks: entries of the audit log, and mails to administrators.
import type { WebhookRecords } from '@postern/delivery/webhooks/records'
import { DeadLetter, type WritingConsumer } from '@postern/service/events/consumers'
import { z } from 'zod'
import type { Actor, AuditTrail } from '../audit/index.js'

const text = z.string().max(512).nullable()

const changed = z.object({
  action: z.enum([
    ...['REGISTER_WEBHOOK', 'UPDATE_WEBHOOK', 'DELETE_WEBHOOK', 'ROTATE_WEBHOOK_SECRET', 'TEST_WEBHOOK'],
    'REPLAY_WEBHOOK',
  ] as const),
  facts: z.record(z.string(), z.string()).and(z.object({ webhook: z.string() })),
  actor: z.object({ id: z.uuid(), ipAddress: text, userAgent: text, requestId: text }),
})

const disabled = z.object({ webhookId: z.string(), reason: z.enum(['GONE', 'FAILING']) })

/** The consumer of the events of that service. */
export const createReportedChanges = (
  records: WebhookRecords<Actor>,
  audit: Pick<AuditTrail, 'lateActor'>,
): WritingConsumer => ({
  name: 'reported-webhooks',
  types: ['webhook.changed', 'webhook.disabled'],
  async write({ type, data }, tx) {
    if (type === 'webhook.disabled') {
      const { webhookId, reason } = read(disabled, data)
      return records.disabled(tx, webhookId, reason)
    }
    const { action, facts, actor } = read(changed, data)
    const { id, ...origin } = actor
    return records.changed(tx, action, await audit.lateActor(tx, { kind: 'USER', id, origin }), facts)
  },
})

/** Throws a DeadLetter for what another version has written. */
function read<Schema extends z.ZodType>(schema: Schema, data: unknown): z.output<Schema> {
  const result = schema.safeParse(data)
  if (result.success) return result.data
  throw new DeadLetter('this is no event about a webhook')
}

// Records a failed request, and disables a webhook whose receiver is gone or has failed for a day.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import type { ClaimedDelivery, DeliveryQueue, Settlement } from '../../repositories/webhooks/delivery-queue.js'
import type { DisabledReason, EndpointRepository } from '../../repositories/webhooks/endpoints.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import { type AuditTrail, SERVICE } from '../audit/index.js'
import type { EventTrail } from '../events/index.js'
import { disabledReasonOf } from './attempts.js'
import { TEST_EVENT } from './event-types.js'

/** Resolves with the reason if the webhook was disabled. */
export type RecordFailure = (
  endpointId: string,
  delivery: ClaimedDelivery,
  settlement: Settlement,
) => Promise<DisabledReason | null>

export function createRecordFailure({
  transaction,
  queue,
  endpoints,
  users,
  audit,
  events,
}: {
  transaction: MysqlTransaction
  queue: DeliveryQueue
  endpoints: EndpointRepository
  users: UserRepository
  audit: AuditTrail
  events: EventTrail
}): RecordFailure {
  /** The audit log has it, and all administrators get a mail. */
  async function disable(tx: Statements, webhookId: string, reason: DisabledReason): Promise<void> {
    await endpoints.disable(tx, webhookId, reason)
    const facts = { webhook: webhookId, reason: reason.toLowerCase() }
    await audit.record(tx, { action: 'DISABLE_WEBHOOK', actor: SERVICE, accountId: null, facts })
    for (const id of await users.findAdmins(tx))
      await events.record(tx, id, { type: 'webhook.disabled', data: { webhookId, reason } })
  }

  return (endpointId, delivery, settlement) =>
    transaction(async (tx) => {
      // The row of the webhook first, as in a claim.
      const failingSeconds = delivery.type === TEST_EVENT ? null : await queue.noteFailure(tx, endpointId)
      // It was recorded before, by a transaction whose response was lost.
      const isRecorded = (await queue.settle(delivery, settlement, tx)) === 0
      const reason =
        isRecorded || failingSeconds === null ? null : disabledReasonOf(settlement.responseStatus, failingSeconds)
      if (reason !== null) await disable(tx, endpointId, reason)
      return reason
    })
}

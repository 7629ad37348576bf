// Records a failed request, and disables a webhook whose receiver is gone or has failed for a day.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { ClaimedDelivery, DeliveryQueue, Settlement } from './tables/delivery-queue.js'
import type { DisabledReason, EndpointRepository } from './tables/endpoints.js'
import { disabledReasonOf } from './attempts.js'
import type { WebhookRecords } from './records.js'
import { TEST_EVENT } from './test-event.js'

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
  records,
}: {
  transaction: MysqlTransaction
  queue: DeliveryQueue
  endpoints: EndpointRepository
  records: Pick<WebhookRecords<never>, 'disabled'>
}): RecordFailure {
  return (endpointId, delivery, settlement) =>
    transaction(async (tx) => {
      // The row of the webhook first, as in a claim.
      const failingSeconds = delivery.type === TEST_EVENT ? null : await queue.noteFailure(tx, endpointId)
      // It was recorded before, by a transaction whose response was lost.
      const isRecorded = (await queue.settle(delivery, settlement, tx)) === 0
      const reason =
        isRecorded || failingSeconds === null ? null : disabledReasonOf(settlement.responseStatus, failingSeconds)
      if (reason !== null) {
        await endpoints.disable(tx, endpointId, reason)
        await records.disabled(tx, endpointId, reason)
      }
      return reason
    })
}

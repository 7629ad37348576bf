// Processes an event for a consumer, once.
import type { Tracing } from '../tracing/tracing.js'
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import type { ProcessedEvents } from './processed-events.js'
import type { Consumer } from './consumers.js'
import type { IsEventType, PostedEvent } from './event.js'
import type { Once } from './once.js'

export type Processing = (consumer: Consumer, event: PostedEvent) => Promise<void>

/**
 * An event that the consumer has processed before has no effect. One of a newer version is to be tried again: by then, this
 * process may have been updated. Continues the trace of the request that caused the event. Rejects with the consumer's error.
 */
export function createProcessing({
  transaction,
  processed,
  once,
  isEventType,
  tracing = null,
}: {
  transaction: MysqlTransaction
  processed: ProcessedEvents
  once: Once
  isEventType: IsEventType
  tracing?: Pick<Tracing, 'continued'> | null
}): Processing {
  async function process(consumer: Consumer, event: PostedEvent): Promise<void> {
    if (!isEventType(event.type)) throw new Error('Only a newer version of the service knows the type of this event.')
    if ('write' in consumer)
      return transaction(async (tx) => {
        if (await processed.insert(tx, consumer.name, event.id)) await consumer.write(event, tx)
      })
    await once(consumer.name, event.id, () => consumer.send(event))
  }

  if (!tracing) return process
  return (consumer, event) =>
    tracing.continued(
      event.traceParent,
      `process ${event.type}`,
      { 'messaging.operation.type': 'process', 'messaging.consumer.group.name': consumer.name },
      () => process(consumer, event),
    )
}

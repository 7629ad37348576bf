// Processes an event for a consumer, once.
import type { MysqlTransaction } from '../../repositories/database/mysql-transactions.js'
import type { ProcessedEvents } from '../../repositories/events/processed-events.js'
import type { Consumer } from './consumers.js'
import type { AnyEvent } from './event-types.js'

export type Processing = (consumer: Consumer, event: AnyEvent) => Promise<void>

/** An event that the consumer has processed before has no effect. Rejects with the consumer's error. */
export function createProcessing({
  transaction,
  processed,
}: {
  transaction: MysqlTransaction
  processed: ProcessedEvents
}): Processing {
  return async (consumer, event) => {
    if ('write' in consumer)
      return transaction(async (tx) => {
        if (await processed.insert(tx, consumer.name, event.id)) await consumer.write(event, tx)
      })
    if (await processed.has(consumer.name, event.id)) return
    await consumer.send(event)
    await transaction((tx) => processed.insert(tx, consumer.name, event.id))
  }
}

// Receives events that other services hand over: what each causes happens once.
import { ServiceError } from '../errors.js'
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import type { Logger } from '../logger.js'
import type { Tracing } from '../tracing/tracing.js'
import { DeadLetter, type WritingConsumer } from './consumers.js'
import type { PostedEvent } from './event.js'
import type { ProcessedEvents } from './processed-events.js'

/** An event that was not processed, and why. */
export interface Unprocessed {
  readonly eventId: string
  /** For operators, without personal data. */
  readonly reason: string
}

export interface Receipt {
  /** Another try can't succeed. */
  readonly refused: readonly Unprocessed[]
  /** Another try can succeed. */
  readonly postponed: readonly Unprocessed[]
}

/** Rejects with SERVICE_UNAVAILABLE if the database is unavailable: what was not processed is handed over again. */
export type ReceiveEvents = (events: readonly PostedEvent[]) => Promise<Receipt>

interface Options {
  readonly transaction: MysqlTransaction
  readonly processed: Pick<ProcessedEvents, 'insert'>
  /**
   * What happens for an event: rows, in the transaction that notes the event as processed. A DeadLetter refuses it; any other error
   * postpones it.
   */
  readonly consumers: readonly WritingConsumer[]
  readonly logger: Logger
  /** Null without traces. */
  readonly tracing: Pick<Tracing, 'continued'> | null
}

const isUnavailable = (error: unknown): boolean => error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE'

export function createEventReceiver({ transaction, processed, consumers, logger, tracing }: Options): ReceiveEvents {
  const types = new Set(consumers.flatMap((consumer) => consumer.types))

  async function consume(consumer: WritingConsumer, event: PostedEvent): Promise<void> {
    await transaction(async (tx) => {
      // Another transaction with the same event waits here until this one ends.
      if (!(await processed.insert(tx, consumer.name, event.id))) return
      const wanted = consumer.select ? await consumer.select([event], tx) : [event]
      if (wanted.length > 0) await consumer.write(event, tx)
    })
  }

  async function process(event: PostedEvent): Promise<void> {
    for (const consumer of consumers) if (consumer.types.includes(event.type)) await consume(consumer, event)
  }

  const traced = (event: PostedEvent): Promise<void> =>
    tracing
      ? tracing.continued(event.traceParent, `process ${event.type}`, { 'messaging.operation.type': 'process' }, () =>
          process(event),
        )
      : process(event)

  return async (events) => {
    const refused: Unprocessed[] = []
    const postponed: Unprocessed[] = []
    // One after the other: a burst of events takes no more than one connection from requests.
    for (const event of events) {
      const { id: eventId, type } = event
      if (!types.has(type)) {
        postponed.push({ eventId, reason: 'Only another version of the service knows the type of this event.' })
        continue
      }
      try {
        await traced(event)
      } catch (error) {
        if (isUnavailable(error)) throw error
        if (error instanceof DeadLetter) {
          refused.push({ eventId, reason: error.message })
          continue
        }
        logger.warn({ eventId, type, err: error }, 'an event of another service could not be processed')
        postponed.push({ eventId, reason: 'The event could not be processed; the log of the receiver says why.' })
      }
    }
    return { refused, postponed }
  }
}

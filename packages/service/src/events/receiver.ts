// Receives events that other services hand over: what each causes happens once.
import { withTimeout } from '@postern/contract/timeout'
import { ServiceError } from '../errors.js'
import type { MysqlTransaction } from '../database/mysql-transactions.js'
import type { Logger } from '../logger.js'
import type { Tracing } from '../tracing/tracing.js'
import { DeadLetter, type WritingConsumer } from './consumers.js'
import type { PostedEvent } from './event.js'
import { createLateFailures } from './late-failures.js'
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
  /** It has failed. Another try can succeed. */
  readonly postponed: readonly Unprocessed[]
  /** What it needs is away, such as the database, or a row that is locked. The event is not to blame. */
  readonly unavailable: readonly Unprocessed[]
}

/** Never rejects. What is in none of the lists is processed. */
export type ReceiveEvents = (events: readonly PostedEvent[]) => Promise<Receipt>

interface Options {
  readonly transaction: MysqlTransaction
  readonly processed: Pick<ProcessedEvents, 'insert'>
  /**
   * What happens for an event: rows, in the transaction that notes the event as processed. A DeadLetter refuses it, SERVICE_UNAVAILABLE
   * lets it wait, and any other error postpones it.
   */
  readonly consumers: readonly WritingConsumer[]
  readonly logger: Pick<Logger, 'warn'>
  /** Null without traces. */
  readonly tracing: Pick<Tracing, 'continued'> | null
}

/** What was not processed, and in which list of the receipt it is. */
interface Failure {
  readonly list: keyof Receipt
  readonly reason: string
  readonly error?: unknown
}

/** An event that is being processed. */
interface Run {
  /** Null: it is processed. Never rejects. */
  readonly outcome: Promise<Failure | null>
  /** Its sender got an answer before its end. */
  isLate: boolean
}

/** After this time, the others go on without an event that waits for a lock. */
const PATIENCE_MS = 1000

/** After this time, there is an answer about those that are done: the sender waits no more than five seconds. */
const ANSWER_MS = 3500

const UNKNOWN: Failure = {
  list: 'postponed',
  reason: 'Only another version of the service knows the type of this event.',
}

const LATE: Failure = { list: 'unavailable', reason: 'The event was not processed in time.' }

function failureOf(error: unknown): Failure {
  if (error instanceof DeadLetter) return { list: 'refused', reason: error.message }
  if (error instanceof ServiceError && error.code === 'SERVICE_UNAVAILABLE')
    return {
      list: 'unavailable',
      reason: 'What the event needs is unavailable; the log of the receiver says why.',
      error,
    }
  return { list: 'postponed', reason: 'The event could not be processed; the log of the receiver says why.', error }
}

export function createEventReceiver({ transaction, processed, consumers, logger, tracing }: Options): ReceiveEvents {
  const types = new Set(consumers.flatMap((consumer) => consumer.types))

  /** One that takes longer than its sender waits is handed over again. It must not start again each time. */
  const running = new Map<string, Run>()
  const lateFailures = createLateFailures<Failure>()

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

  /** Without it, the event would start again at each hand-over, be late again, and never be a dead letter. */
  function keep({ id: eventId, type }: PostedEvent, { list, reason, error }: Failure): void {
    lateFailures.add(eventId, { list, reason })
    const facts = { eventId, type, reason, err: error }
    logger.warn(facts, 'an event of another service has failed after its sender got an answer')
  }

  function start(event: PostedEvent): Run {
    const outcome = traced(event)
      .then(() => null, failureOf)
      .then((failure) => {
        if (failure && running.get(event.id)?.isLate) keep(event, failure)
        running.delete(event.id)
        return failure
      })
    const run = { outcome, isLate: false }
    running.set(event.id, run)
    return run
  }

  function late(run: Run, { id: eventId, type }: PostedEvent): Failure {
    if (!run.isLate) logger.warn({ eventId, type }, 'an event of another service takes longer than its sender waits')
    run.isLate = true
    return LATE
  }

  /** Null: it is processed. Never rejects. */
  async function answerOf(event: PostedEvent, patience: number): Promise<Failure | null> {
    if (!types.has(event.type)) return UNKNOWN
    const earlier = lateFailures.take(event.id)
    if (earlier) return earlier
    if (patience <= 0) return LATE
    const run = running.get(event.id) ?? start(event)
    const failure = await withTimeout(run.outcome, patience, () => late(run, event))
    // It was late for an earlier answer, and this one has its end.
    if (failure !== LATE) lateFailures.take(event.id)
    return failure
  }

  function log({ id: eventId, type }: PostedEvent, { list, error }: Failure): void {
    if (list === 'postponed' && error !== undefined)
      logger.warn({ eventId, type, err: error }, 'an event of another service could not be processed')
  }

  return async (events) => {
    const receipt = { refused: [] as Unprocessed[], postponed: [] as Unprocessed[], unavailable: [] as Unprocessed[] }
    const end = performance.now() + ANSWER_MS
    let outage: unknown
    // One after the other: a burst of events takes no more than one connection from requests.
    for (const event of events) {
      const failure = await answerOf(event, Math.min(PATIENCE_MS, end - performance.now()))
      if (!failure) continue
      const { list, reason, error } = failure
      receipt[list].push({ eventId: event.id, reason })
      log(event, failure)
      if (list === 'unavailable') outage ??= error
    }
    // A line for each event would be many.
    if (outage !== undefined)
      logger.warn({ events: receipt.unavailable.length, err: outage }, 'events of another service must wait')
    return receipt
  }
}

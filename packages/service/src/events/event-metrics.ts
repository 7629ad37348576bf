// The metrics of events: the outbox, and the queues of the consumers, in the database or at a broker.
import { withTimeout } from '@postern/contract/timeout'
import type { MetricRegistry } from '../metric-registry.js'
import { readableMetric } from '../tallies.js'

/** The queue of one consumer. */
export interface QueueState {
  consumer: string
  /** Events that wait or are being processed, without dead letters. */
  depth: number
  /** How old the oldest of them is. Null if it is not known. */
  ageSeconds: number | null
  deadLetters: number
}

export const DELIVERY_RESULTS = ['processed', 'deferred', 'retried', 'dead'] as const

export type DeliveryResult = (typeof DELIVERY_RESULTS)[number]

export interface EventMetrics {
  /** Adds how many events wait to be published, and how old the oldest is. */
  watchOutbox(read: () => Promise<{ count: number; seconds: number }>): void
  /** Adds the queue of each consumer. */
  watchQueues(read: () => Promise<readonly QueueState[]>): void
  /** Adds how many events this process is processing, by consumer. */
  watchInFlight(read: () => Iterable<readonly [consumer: string, count: number]>): void
  /** Returns a counter of published events. */
  publishedEvents(): (count: number) => void
  /** Returns a counter of attempts to process an event. */
  deliveries(): (consumer: string, result: DeliveryResult) => void
}

/** How long reading from MySQL or a broker may take: /metrics must respond even while they hang. */
const READ_TIMEOUT_MS = 1000

export function createEventMetrics({ add, counter }: MetricRegistry): EventMetrics {
  /** Several gauges of one reading. All processes read the same, so their values are not added up. */
  function gauges<State>(
    read: () => Promise<State>,
    described: Readonly<Record<string, readonly [help: string, samples: (state: State | null) => Sample[]]>>,
  ): void {
    let reading: Promise<State | null> | null = null
    const readOnce = () =>
      (reading ??= withTimeout<State | null, null>(
        read().catch(() => null),
        READ_TIMEOUT_MS,
        () => null,
      ).finally(() => (reading = null)))
    for (const [name, [help, samples]] of Object.entries(described))
      add(readableMetric({ name, help, type: 'gauge', aggregator: 'max' }, async () => samples(await readOnce())))
  }

  return {
    watchOutbox(read) {
      gauges(read, {
        postern_outbox_backlog: [
          'Committed events that are not published yet. NaN while MySQL is unavailable.',
          (state) => [{ labels: {}, value: state?.count ?? Number.NaN }],
        ],
        postern_outbox_age_seconds: [
          'How old the oldest event is that is not published yet. NaN while MySQL is unavailable.',
          (state) => [{ labels: {}, value: state?.seconds ?? Number.NaN }],
        ],
      })
    },
    watchQueues(read) {
      const of =
        (value: (queue: QueueState) => number | null) =>
        (queues: readonly QueueState[] | null): Sample[] =>
          (queues ?? []).flatMap((queue) => {
            const known = value(queue)
            return known === null ? [] : [{ labels: { consumer: queue.consumer }, value: known }]
          })
      gauges(read, {
        postern_event_queue_depth: [
          'Events in the queue of a consumer that are not processed yet, without dead letters.',
          of(({ depth }) => depth),
        ],
        postern_event_queue_age_seconds: [
          'How old the oldest event in the queue of a consumer is.',
          of(({ ageSeconds }) => ageSeconds),
        ],
        postern_event_dead_letters: [
          'Events that a consumer could not process. They wait for `postern dlq`.',
          of(({ deadLetters }) => deadLetters),
        ],
      })
    },
    watchInFlight(read) {
      const description = {
        ...{ name: 'postern_events_in_flight', type: 'gauge' as const },
        help: 'Events that this process is processing, by consumer.',
      }
      add(readableMetric(description, () => [...read()].map(([consumer, value]) => ({ labels: { consumer }, value }))))
    },
    publishedEvents() {
      const published = counter('postern_events_published_total', 'Events that this process has published.', [])
      return (count) => published.inc(count)
    },
    deliveries() {
      const counted = counter(
        'postern_event_deliveries_total',
        'Attempts to process an event, by consumer and result (deferred: it waits for what is away; retried: it failed and is tried again; dead: for good).',
        ['consumer', 'result'],
      )
      return (consumer, result) => counted.labels(consumer, result).inc()
    },
  }
}

interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

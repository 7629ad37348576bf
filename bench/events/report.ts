// Turns the figures of events into targets and tables.
import type { Part, Table, Target } from '../report/results.ts'
import { median, percentile, times, whole } from '../report/statistics.ts'
import type { Delays } from './delays.ts'
import type { Local } from './local.ts'
import type { Memory } from './memory.ts'
import type { Publishing } from './publishing.ts'

const DELAY_MS = 50
const SHARE_OF_BARE = 0.8
/** A process whose heap grows by less, after collections, has no leak that matters. */
const GROWTH = 1.05

const milliseconds = (value: number) => value.toFixed(1)
const megabytes = (bytes: number) => whole(bytes / 1e6)

export function reportPublishing({ relay, bare }: Publishing): Part {
  const ratios = relay.map((rate, slice) => rate / bare[slice]!)
  const ratio = median(ratios)
  const [low, high] = [percentile(ratios, 25), percentile(ratios, 75)]
  const row = (name: string, rates: readonly number[]) => [
    name,
    ...[median(rates), percentile(rates, 25), percentile(rates, 75)].map(whole),
  ]
  return {
    targets: [
      {
        what: 'events published to RabbitMQ and marked, against a bare client with confirms',
        goal: `≥ ${SHARE_OF_BARE} ×`,
        measured: times(ratio),
        spread: `${low.toFixed(2)} to ${high.toFixed(2)}`,
        reached: ratio >= SHARE_OF_BARE,
      },
    ],
    tables: [
      {
        title: 'Publishing to RabbitMQ, in turns',
        columns: ['', 'messages/s', 'lower quartile', 'upper quartile'],
        rows: [
          row('the relay: reads, publishes with confirms, marks', relay),
          row('amqplib, publishing with confirms', bare),
        ],
      },
    ],
  }
}

export function reportDelays(delays: Record<'local' | 'broker', Delays>): Part {
  const target = (mode: string, { p50, p99, most }: Delays): Target => ({
    what: `event committed → consumer, p99, 100 events a second, ${mode}`,
    goal: `≤ ${DELAY_MS} ms`,
    measured: `${milliseconds(p99)} ms`,
    spread: `p50 ${milliseconds(p50)} ms, longest ${milliseconds(most)} ms`,
    reached: p99 <= DELAY_MS,
  })
  const [local, broker] = ['queues in the database', 'RabbitMQ and a worker']
  return {
    targets: [target(local, delays.local), target(broker, delays.broker)],
    tables: [
      {
        title: 'From the commit of an event to its consumer, ms',
        columns: ['', 'p50', 'p99', 'longest'],
        rows: (
          [
            [local, delays.local],
            [broker, delays.broker],
          ] as const
        ).map(([name, { p50, p99, most }]) => [name, ...[p50, p99, most].map(milliseconds)]),
      },
    ],
  }
}

export function reportMemory({ consumer, publisher }: Memory): Part {
  const heaps = consumer.map(({ heap }) => heap)
  const [early, late] = [heaps[0] ?? NaN, heaps.at(-1) ?? NaN]
  const row = (name: string, bytes: readonly number[]) => [name, ...bytes.map(megabytes)]
  return {
    targets: [
      {
        what: 'heap of a worker after all events of the table below, against after a tenth of them',
        goal: `≤ ${GROWTH} ×`,
        measured: `${times(late / early)} (${megabytes(late)} of ${megabytes(early)} MB)`,
        spread: '',
        reached: late <= early * GROWTH,
      },
    ],
    tables: [
      {
        title: 'Memory during 100,000 events, MB',
        columns: ['after', ...consumer.map((_, tenth) => `${(tenth + 1) * 10} %`)],
        rows: [
          row('heap of the worker, after a collection', heaps),
          row(
            'the worker, resident',
            consumer.map(({ resident }) => resident),
          ),
          row('the process that publishes, with the worker, resident', publisher),
        ],
      },
    ],
  }
}

export const localTable = ({ publishedPerSecond, processedPerSecond }: Local): Table => ({
  title: 'Events of one process, in the database, one consumer',
  columns: ['', 'events/s'],
  rows: [
    ['published into the queue', whole(publishedPerSecond)],
    ['published and processed', whole(processedPerSecond)],
  ],
})

// The queues of the consumers without a broker: rows of MySQL, which every process works off.
import { withTimeout } from '@postern/contract/timeout'
import { inBatches } from '../batches.js'
import type { DeliveryResult } from './event-metrics.js'
import type { ClaimedEvent, EventQueue } from './event-queue.js'
import { type Consumer, DeadLetter, Deferral } from './consumers.js'
import { ageOf, deferralSeconds } from './deferrals.js'
import type { StoredEvent } from './outbox.js'
import type { Processing } from './processing.js'
import { toEvent, type Publish } from './relay.js'
import { findWantedEvents } from './wanted-events.js'

/** How long a process may take for an event before another one takes it over. */
const LEASE_SECONDS = 60

/** Shorter than the lease, so that an attempt has ended before the next one starts. */
const TIMEOUT_MS = 50_000

const REMOVING = { size: 64, inFlight: 1 }

/** A consumer, and what this process does for it. */
interface Line {
  consumer: Consumer
  /** The events that it is working on. */
  running: Set<Promise<void>>
  claiming: Promise<void> | null
  /** Whether the queue may contain more that is due. */
  hasMore: boolean
  /** What it needs is away, for all of its events: it takes no more of them until the next step. */
  isResting: boolean
  /** Events that are done. */
  remove: (eventId: string) => Promise<unknown>
}

export function createLocalQueue({
  queue,
  consumers,
  process,
  concurrency,
  retrySeconds,
  onDelivery = () => undefined,
  onFailure,
}: {
  queue: EventQueue
  consumers: readonly Consumer[]
  process: Processing
  /** How many events this process works on at once, per consumer. */
  concurrency: number
  /** The pauses after failed attempts. After the last one, an event becomes a dead letter. */
  retrySeconds: readonly number[]
  /** Called after each attempt. `pauseSeconds`: of one that is deferred. */
  onDelivery?: (consumer: string, result: DeliveryResult, error?: unknown, pauseSeconds?: number) => void
  /** The database was unavailable. What could not be noted is repeated when its lease ends. */
  onFailure: (error: unknown) => void
}) {
  const lines = new Map<string, Line>()
  let isClosed = false

  function lineOf(consumer: Consumer): Line {
    const { name } = consumer
    const known = lines.get(name)
    if (known) return known
    const remove = inBatches(async (ids) => {
      await queue.remove(name, ids)
      return new Map<string, never>()
    }, REMOVING)
    const line: Line = { consumer, running: new Set(), claiming: null, hasMore: false, isResting: false, remove }
    lines.set(name, line)
    return line
  }

  /** Puts the events into the queues of those that want them, in the transaction that marks them as published. */
  const publish: Publish = async (tx, events) => {
    const wanted = await findWantedEvents(consumers, events, tx)
    await queue.insert(
      tx,
      wanted.flatMap(({ consumer, events: own }) => own.map(({ id }) => ({ consumer, eventId: id }))),
    )
    const names = new Set(wanted.map(({ consumer }) => consumer))
    if (names.size > 0) tx.afterCommit(() => void workOf(names).catch(onFailure))
    return { ids: events.map(({ id }) => id), failure: null }
  }

  /** An outage can last for longer than the attempts of an event would. */
  async function defer(line: Line, event: StoredEvent, error: Deferral): Promise<void> {
    const { name } = line.consumer
    if (error.isOutage) line.isResting = true
    const seconds = deferralSeconds(retrySeconds, error, ageOf(event, new Date()))
    onDelivery(name, 'deferred', error, seconds)
    await queue.defer(name, event.id, { seconds, reason: error.message })
  }

  async function putOff(name: string, { event, attempts }: ClaimedEvent, error: unknown): Promise<void> {
    const pause = error instanceof DeadLetter ? undefined : retrySeconds[attempts - 1]
    const reason = error instanceof Error ? error.message : String(error)
    onDelivery(name, pause === undefined ? 'dead' : 'retried', error)
    await (pause === undefined
      ? queue.bury(name, event.id, reason)
      : queue.postpone(name, event.id, { seconds: pause, reason }))
  }

  async function tryOne(line: Line, claimed: ClaimedEvent): Promise<void> {
    const { consumer, remove } = line
    const { event, attempts } = claimed
    try {
      // Its process may have died each time because of it.
      if (attempts > retrySeconds.length + 1) throw new DeadLetter('The last attempt did not end.')
      await withTimeout(process(consumer, toEvent(event)), TIMEOUT_MS, () => {
        throw new Error(`It was not processed within ${TIMEOUT_MS / 1000} s.`)
      })
    } catch (error) {
      return error instanceof Deferral ? defer(line, event, error) : putOff(consumer.name, claimed, error)
    }
    onDelivery(consumer.name, 'processed')
    await remove(event.id)
  }

  function start(line: Line, claimed: ClaimedEvent): void {
    const run = tryOne(line, claimed)
      .catch(onFailure)
      .finally(() => {
        line.running.delete(run)
        if (line.hasMore) work(line).catch(onFailure)
      })
    line.running.add(run)
  }

  async function claim(line: Line): Promise<void> {
    while (line.hasMore && !line.isResting && !isClosed) {
      const limit = concurrency - line.running.size
      // Whatever ends first continues.
      if (limit <= 0) return
      line.hasMore = false
      const claimed = await queue.claim(line.consumer.name, { limit, leaseSeconds: LEASE_SECONDS })
      for (const one of claimed) start(line, one)
      if (claimed.length === limit) line.hasMore = true
    }
  }

  /** Starts on what is due, as much as this process may work on at once. */
  function work(line: Line): Promise<void> {
    return (line.claiming ??= claim(line).finally(() => (line.claiming = null)))
  }

  /** Starts on what is due for these consumers. */
  async function workOf(names: ReadonlySet<string>): Promise<void> {
    const chosen = consumers.filter(({ name }) => names.has(name)).map(lineOf)
    await Promise.all(
      chosen.map((line) => {
        line.hasMore = true
        return work(line)
      }),
    )
  }

  return {
    publish,

    /** How many events this process is working on, by consumer. */
    *inFlight(): Generator<readonly [consumer: string, count: number]> {
      for (const { name } of consumers) yield [name, lines.get(name)?.running.size ?? 0]
    },

    /** Starts on what is due for every consumer. Rejects if the database is unavailable. */
    step(): Promise<void> {
      for (const line of lines.values()) line.isResting = false
      return workOf(new Set(consumers.map(({ name }) => name)))
    },

    /** Finishes the events that it works on. */
    async close(): Promise<void> {
      isClosed = true
      for (const line of lines.values()) {
        await line.claiming?.catch(() => undefined)
        await Promise.allSettled(line.running)
      }
    },
  }
}

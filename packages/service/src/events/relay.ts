// The relay of the outbox: passes committed events on to the queues of the consumers.
import type { Statements } from '../database/statements.js'
import { createGathering } from '../gathering.js'
import type { Outbox, StoredEvent } from './outbox.js'
import { DeadLetter } from './consumers.js'
import type { IsEventType, PostedEvent } from './event.js'

const BATCH = 500

/** How long a commit waits for others, so that they share a step. */
const GATHERING_MS = 25

/** Passes events on to the queues of the consumers. `tx`: the transaction that marks them as published. */
export type Publish = (tx: Statements, events: readonly PostedEvent[]) => Promise<Published>

export interface Published {
  /** The events that the queue of every consumer that wants them has. */
  ids: readonly string[]
  /** Why the others could not be published. */
  failure: Error | null
}

/** Throws a DeadLetter that quotes nothing, if the data are no JSON. */
export function toEvent({ data, ...event }: StoredEvent): PostedEvent {
  try {
    return { ...event, data: JSON.parse(data) as object }
  } catch {
    throw new DeadLetter('Its data in the outbox are no JSON.')
  }
}

/**
 * Those that can be read, and why others can't. Without those of a newer version, which its processes publish: this one does
 * not know which consumers want them.
 */
function readable(
  rows: readonly StoredEvent[],
  isEventType: IsEventType,
): { events: PostedEvent[]; problem: Error | null } {
  const events: PostedEvent[] = []
  let problem: Error | null = null
  for (const row of rows.filter(({ type }) => isEventType(type))) {
    try {
      events.push(toEvent(row))
    } catch {
      problem ??= new Error(`The event ${row.id} in the outbox can't be published: its data are no JSON.`)
    }
  }
  return { events, problem }
}

/**
 * Every process relays: its own events right after their commit, and those of the others if they were left. Events that
 * another process is just publishing are skipped. At least once: if the process dies between publishing and the commit of
 * the mark, the events are published again.
 */
export function createEventRelay({
  outbox,
  isEventType,
  publish,
  ready = () => Promise.resolve(),
  overlaps = false,
  onPublished = () => undefined,
  onFailure,
}: {
  outbox: Outbox
  isEventType: IsEventType
  publish: Publish
  /** Rejects if nothing can be published now. Called outside of transactions, because it may take a while. */
  ready?: () => Promise<void>
  /** Whether a batch is read and published while the one before it waits for its confirms, over a connection of its own. */
  overlaps?: boolean
  /** Called after each step that has published something. */
  onPublished?: (count: number) => void
  /** A step that a commit has started failed. The next one repeats it. */
  onFailure: (error: unknown) => void
}) {
  let running = Promise.resolve()
  /** The step that follows the running one. */
  let next: Promise<void> | null = null

  async function publishRows(tx: Statements, rows: readonly StoredEvent[]): Promise<Published> {
    const { events, problem } = readable(rows, isEventType)
    if (events.length === 0) return { ids: [], failure: problem }
    const { ids, failure } = await publish(tx, events)
    return { ids, failure: failure ?? problem }
  }

  /** `read` resolves to the id behind which the next batch begins, or to null, and never rejects. */
  function publishBatch(after: string): { read: Promise<string | null>; done: Promise<Error | null> } {
    const { promise: read, resolve: hasRead } = Promise.withResolvers<string | null>()
    const publishing = outbox.publishPending({ limit: BATCH, after }, (tx, rows) => {
      if (overlaps) hasRead(rows.length < BATCH ? null : (rows.at(-1)?.id ?? null))
      return publishRows(tx, rows)
    })
    const done = publishing.then(({ last, published, failure }) => {
      if (published > 0) onPublished(published)
      hasRead(last)
      return failure
    })
    done.catch(() => hasRead(null))
    return { read, done }
  }

  /** Continues behind events that fail, so that they delay no others. Throws the first failure at the end. */
  async function drain(): Promise<void> {
    let failed: Error | null = null
    let before: Promise<Error | null> = Promise.resolve(null)
    try {
      for (let after: string | null = ''; after !== null;) {
        await ready()
        const { read, done } = publishBatch(after)
        after = await read
        const earlier = before
        before = done
        failed ??= await earlier
      }
    } finally {
      // No step begins while this one is running.
      await before.catch(() => undefined)
    }
    failed ??= await before
    if (failed) throw failed
  }

  /** One step at a time. */
  async function follow(): Promise<void> {
    await running.catch(() => undefined)
    next = null
    await (running = drain())
  }

  /**
   * Publishes everything that is committed. What was committed after the running step has started may be missing from it, so
   * one more follows for all who call until then. Rejects if the database or the broker is unavailable.
   */
  const step = (): Promise<void> => (next ??= follow())
  const soon = createGathering(GATHERING_MS, () => void step().catch(onFailure))

  return {
    step,

    /** Publishes soon. For after a commit. */
    wake: soon.ask,

    /** Finishes the step that is running. What is left is published by another process, or after the next start. */
    async close(): Promise<void> {
      soon.cancel()
      await next?.catch(() => undefined)
      await running.catch(() => undefined)
    },
  }
}

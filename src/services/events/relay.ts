// The relay of the outbox: passes committed events on to the queues of the consumers.
import type { Outbox, StoredEvent } from '../../repositories/events/outbox.js'
import type { Statements } from '../../repositories/database/statements.js'
import type { AnyEvent } from './event-types.js'

const BATCH = 500

/** How long a commit waits for others, so that they share a step. */
const GATHERING_MS = 10

/** Passes events on to the queues of the consumers. `tx`: the transaction that marks them as published. */
export type Publish = (tx: Statements, events: readonly AnyEvent[]) => Promise<Published>

export interface Published {
  /** The events that the queue of every consumer that wants them has. */
  ids: readonly string[]
  /** Why the others could not be published. */
  failure: Error | null
}

export const toEvent = ({ data, ...event }: StoredEvent): AnyEvent =>
  ({ ...event, data: JSON.parse(data) as unknown }) as AnyEvent

/**
 * Every process relays: its own events right after their commit, and those of the others if they were left. Events that
 * another process is just publishing are skipped. At least once: if the process dies between publishing and the commit of
 * the mark, the events are published again.
 */
export function createEventRelay({
  outbox,
  publish,
  ready = () => Promise.resolve(),
  onPublished = () => undefined,
  onFailure,
}: {
  outbox: Outbox
  publish: Publish
  /** Rejects if nothing can be published now. Called outside of transactions, because it may take a while. */
  ready?: () => Promise<void>
  /** Called after each step that has published something. */
  onPublished?: (count: number) => void
  /** A step that a commit has started failed. The next one repeats it. */
  onFailure: (error: unknown) => void
}) {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> | null = null

  async function drain(): Promise<void> {
    for (;;) {
      await ready()
      const { found, published, failure } = await outbox.publishPending(BATCH, (tx, rows) =>
        publish(tx, rows.map(toEvent)),
      )
      if (published > 0) onPublished(published)
      if (failure) throw failure
      if (found < BATCH) return
    }
  }

  /** Publishes everything that is committed. Rejects if the database or the broker is unavailable. */
  async function step(): Promise<void> {
    // What was committed after this one has started may be missing from it.
    await running?.catch(() => undefined)
    running = drain().finally(() => (running = null))
    return running
  }

  return {
    step,

    /** Publishes soon. For after a commit. */
    wake(): void {
      timer ??= setTimeout(() => {
        timer = null
        step().catch(onFailure)
      }, GATHERING_MS)
    },

    /** Finishes the step that is running. What is left is published by another process, or after the next start. */
    async close(): Promise<void> {
      if (timer) clearTimeout(timer)
      await running?.catch(() => undefined)
    },
  }
}

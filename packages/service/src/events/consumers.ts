// What a consumer of events is.
import type { Statements } from '../database/statements.js'
import type { PostedEvent } from './event.js'

/**
 * Something that must happen for each event of some types. Every consumer has a queue of its own. An event is tried again,
 * after a longer pause each time, until it succeeds or becomes a dead letter. See {@link Deferral} for outages.
 */
export type Consumer<Event extends PostedEvent = PostedEvent> = WritingConsumer<Event> | SendingConsumer<Event>

interface Named<Event extends PostedEvent> {
  /** The name of its queue: lower case, at most 32 characters. Never change it. */
  name: string
  types: readonly Event['type'][]
  /**
   * Those of these events, which have its types, that it has something to do for. Only they get into its queue, so an event
   * that concerns no one costs next to nothing. Called in the transaction that publishes them, which is after their commit.
   * Without it: all.
   */
  select?(events: readonly Event[], tx: Statements): readonly Event[] | Promise<readonly Event[]>
}

/** Its effects are rows. They are committed together with the note that the event was processed, so they happen once. */
export interface WritingConsumer<Event extends PostedEvent = PostedEvent> extends Named<Event> {
  write(event: Event, tx: Statements): Promise<void>
}

/**
 * Its effects are outside the database, such as a mail. If the process dies right after one, it happens again for the same
 * event: make it recognizable by the event's id.
 */
export interface SendingConsumer<Event extends PostedEvent = PostedEvent> extends Named<Event> {
  send(event: Event): Promise<void>
}

/**
 * What a consumer rejects with if another try can't succeed: the event becomes a dead letter at once. The message is its
 * reason, which operators read, so it has no personal data.
 */
export class DeadLetter extends Error {
  override readonly name = 'DeadLetter'
}

/**
 * What a consumer rejects with while something that it needs is away, such as another service: no event is to blame for that. The
 * event waits, however long it takes, and keeps its attempts. The message says what is away, without personal data.
 */
export class Deferral extends Error {
  override readonly name = 'Deferral'
  /** What is away is needed for all events, so the consumer rests. False: only this event waits, and others go on. */
  readonly isOutage: boolean

  constructor(message: string, { isOutage = false, ...options }: ErrorOptions & { isOutage?: boolean } = {}) {
    super(message, options)
    this.isOutage = isOutage
  }
}

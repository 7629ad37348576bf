// What both kinds of dead letters have in common: those in the database, and those in RabbitMQ.

export interface DeadLetterEntry {
  consumer: string
  eventId: string
  type: string
  attempts: number
  /** Null if it is not known: RabbitMQ gave up on the message, not a worker. */
  diedAt: string | null
  reason: string
}

/** Where dead letters are kept. `eventId` null: all of the consumer. */
export interface DeadLetterStore {
  /** The oldest first. */
  list(consumer: string, limit: number): Promise<DeadLetterEntry[]>
  /** Puts them back into the consumer's queue, with all of their attempts. Returns how many. */
  retry(consumer: string, eventId: string | null): Promise<number>
  /** Deletes them. Returns how many. */
  drop(consumer: string, eventId: string | null): Promise<number>
}

// What an operator does with events that a consumer could not process: list them, try them again, or drop them.
import type { DeadLetterRepository, Selection } from '../../repositories/events/dead-letters.js'

export interface DeadLetter {
  consumer: string
  event: { id: string; type: string }
  attempts: number
  /** The error of the last attempt. */
  reason: string
  deadAt: Date
}

/** The dead letters of the local queues, or of a broker's. */
export interface DeadLetters {
  /** The oldest events first. `consumer`: null for those of all. */
  list(consumer: string | null, limit: number): Promise<DeadLetter[]>
  /** Puts one back into its queue, or all of a consumer if `eventId` is null. Returns how many. */
  retry(selection: Selection): Promise<number>
  /** The same, but the consumer never processes them. */
  drop(selection: Selection): Promise<number>
}

export const createDeadLetters = (repository: DeadLetterRepository): DeadLetters => ({
  async list(consumer, limit) {
    const letters = await repository.list(consumer, limit)
    // Not its data, which may be the reason.
    return letters.map(({ event: { id, type }, reason, ...letter }) => ({
      ...{ ...letter, event: { id, type }, reason: reason ?? '' },
    }))
  },
  retry: repository.retry,
  drop: repository.drop,
})

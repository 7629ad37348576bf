// Failures of events for whose end their sender did not wait. The next hand-over of such an event gets its failure.

/** More than senders hand over at once. Then the oldest ones are dropped: their events start again. */
const KEPT = 1000

/** Longer than the pauses of a sender. */
const KEPT_MS = 86_400_000

/** `now`: in milliseconds. */
export function createLateFailures<Failure>(now: () => number = () => performance.now()) {
  const kept = new Map<string, { failure: Failure; at: number }>()
  return {
    add(eventId: string, failure: Failure): void {
      kept.set(eventId, { failure, at: now() })
      const [oldest] = kept.keys()
      if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest)
    },

    /** Returns each failure once. */
    take(eventId: string): Failure | null {
      const found = kept.get(eventId)
      kept.delete(eventId)
      return found && now() - found.at < KEPT_MS ? found.failure : null
    },
  }
}

// A queue of events between the service, which adds them, and a client, which may read slowly.

export interface EventQueue<Event> {
  readonly events: AsyncIterableIterator<Event, undefined>
  /** False if the queue is full: its reader is too slow. */
  add(event: Event): boolean
  /** The reader still gets what was added before. */
  end(): void
}

/** `onReturn` is called when the reader wants no more. */
export function createEventQueue<Event>(limit: number, onReturn: () => void): EventQueue<Event> {
  const waiting: Event[] = []
  let wake: (() => void) | null = null
  let isOver = false

  function end(): void {
    isOver = true
    wake?.()
  }

  const events: AsyncIterableIterator<Event, undefined> = {
    async next() {
      while (waiting.length === 0 && !isOver) await new Promise<void>((resolve) => (wake = resolve))
      wake = null
      const [value] = waiting.splice(0, 1)
      return value === undefined ? { done: true, value: undefined } : { done: false, value }
    },
    return() {
      waiting.length = 0
      end()
      onReturn()
      return Promise.resolve({ done: true, value: undefined })
    },
    [Symbol.asyncIterator]: () => events,
  }

  return {
    events,
    add(event) {
      if (isOver) return true
      if (waiting.length >= limit) return false
      waiting.push(event)
      wake?.()
      return true
    },
    end,
  }
}

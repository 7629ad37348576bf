// Starts few operations in each turn of the event loop, so that expensive documents don't hold the thread one after another.

/**
 * Returns a function whose promise resolves when the caller may start: at once for the first `perTurn` callers of a turn,
 * for the others in the next turns, in their order. In between, the thread does everything else, such as health checks.
 */
export function createTurns(perTurn: number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let started = 0
  let isScheduled = false

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      started = 0
      for (const start of waiting.splice(0, perTurn)) {
        started += 1
        start()
      }
      if (started > 0) schedule()
    })
  }

  return () => {
    schedule()
    if (started < perTurn && waiting.length === 0) {
      started += 1
      return Promise.resolve()
    }
    return new Promise((resolve) => waiting.push(resolve))
  }
}

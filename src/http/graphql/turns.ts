// Starts few operations in each turn of the event loop, so that expensive documents don't hold the thread one after another.
import { tooManyInProgress } from '../request-hooks.js'

interface Options {
  perTurn: number
  /** How many may wait. Then only networks with fewer than their share may add to them. */
  limit: number
}

interface Waiting {
  start: () => void
  /** True once the client has disconnected. */
  isGone: () => boolean
}

/**
 * Returns a function whose promise resolves when the caller may start: at once for the first `perTurn` callers of a turn,
 * for the others in the next turns: the networks one after the other, and the callers of a network in their order. In
 * between, the thread does everything else, such as health checks. Rejects with SERVICE_UNAVAILABLE if too many wait.
 */
export function createTurns({ perTurn, limit }: Options): (network: string, isGone: () => boolean) => Promise<void> {
  /** In the order of their next turns. */
  const networks = new Map<string, Waiting[]>()
  let waiting = 0
  let started = 0
  let isScheduled = false

  function takeNext(): Waiting | undefined {
    for (const [network, queue] of networks) {
      networks.delete(network)
      const next = queue.shift()
      if (queue.length > 0) networks.set(network, queue)
      waiting -= 1
      return next
    }
    return undefined
  }

  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(() => {
      isScheduled = false
      started = 0
      while (started < perTurn) {
        const next = takeNext()
        if (!next) break
        // Does nothing for a client that is gone.
        if (!next.isGone()) started += 1
        next.start()
      }
      if (started > 0) schedule()
    })
  }

  return (network, isGone) => {
    schedule()
    if (started < perTurn && waiting === 0) {
      started += 1
      return Promise.resolve()
    }
    const queue = networks.get(network) ?? []
    // Pipelined requests arrive faster than they start, and each of them keeps its body.
    if (waiting >= limit && queue.length >= limit / networks.size) return Promise.reject(tooManyInProgress())
    waiting += 1
    if (queue.length === 0) networks.set(network, queue)
    return new Promise((resolve) => queue.push({ start: resolve, isGone }))
  }
}

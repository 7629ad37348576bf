// Starts few operations in each turn of the event loop, so that expensive documents don't hold the thread one after another.
import { tooManyInProgress } from '@postern/service/requests/hooks'

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

export type Turns = ReturnType<typeof createTurns>

export function createTurns({ perTurn, limit }: Options) {
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

  /** True if the caller may start at once. */
  function startsAtOnce(): boolean {
    schedule()
    if (started >= perTurn || waiting > 0) return false
    started += 1
    return true
  }

  function wait(network: string, isGone: () => boolean): Promise<void> {
    const queue = networks.get(network) ?? []
    waiting += 1
    if (queue.length === 0) networks.set(network, queue)
    return new Promise((resolve) => queue.push({ start: resolve, isGone }))
  }

  function take(network: string, isGone: () => boolean): Promise<void> {
    if (startsAtOnce()) return Promise.resolve()
    // Pipelined requests arrive faster than they start, and each of them keeps its body.
    const isOverShare = (networks.get(network)?.length ?? 0) >= limit / networks.size
    if (waiting >= limit && isOverShare) return Promise.reject(tooManyInProgress())
    return wait(network, isGone)
  }

  return {
    /**
     * Resolves when the caller may start: at once for the first `perTurn` callers of a turn, for the others in the next
     * turns: the networks one after the other, and the callers of a network in their order. In between, the thread does
     * everything else, such as health checks. Rejects with SERVICE_UNAVAILABLE if too many wait.
     */
    take,

    /** As `take`, but never refuses: what has begun must end. How much has begun is limited elsewhere. */
    takeForBegun: (network: string): Promise<void> => (startsAtOnce() ? Promise.resolve() : wait(network, () => false)),

    /** True if an operation waits for its turn. */
    areTaken: (): boolean => waiting > 0,
  }
}

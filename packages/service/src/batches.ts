// Batches lookups, so that a slow store gets fewer and larger queries.
import { AsyncLocalStorage } from 'node:async_hooks'
import { withoutDeadline } from './deadlines.js'
import { atEndOfTurn } from './end-of-turn.js'

/** Returns what was found for each of `names`; the rest is missing from the map. */
export type FindAmong<Found> = (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>

/** One promise for all of its names: one for each name would cost as much as the rest of a lookup. */
interface Batch<Found> extends PromiseWithResolvers<ReadonlyMap<string, Found>> {
  names: Set<string>
}

interface Limits {
  size: number
  inFlight: number
}

/**
 * Looks up all names of one turn of the event loop together, each once, with at most `size` names per batch and at most
 * `inFlight` batches in progress. Later names wait and form the next batches, so a slower store gets fewer, larger
 * queries. No name joins a batch that was already sent, because its result may be older than the call.
 */
export function inBatches<Found>(find: FindAmong<Found>, limits: Limits) {
  const findBatch = batchesOf(find, limits)
  return (name: string): Promise<Found | undefined> => findBatch(name).then((found) => found.get(name))
}

/** The same for callers that are very many: each gets what was found for all names of its batch. */
export function batchesOf<Found>(find: FindAmong<Found>, limits: Limits) {
  const waiting: Batch<Found>[] = []
  let inProgress = 0
  let scheduled = false

  function batchFor(name: string): Batch<Found> {
    const known = waiting.find(({ names }) => names.has(name))
    if (known) return known
    let last = waiting.at(-1)
    if (!last || last.names.size >= limits.size)
      waiting.push((last = { names: new Set(), ...Promise.withResolvers<ReadonlyMap<string, Found>>() }))
    last.names.add(name)
    return last
  }

  function send(): void {
    scheduled = false
    while (inProgress < limits.inFlight) {
      const batch = waiting.shift()
      if (!batch) return
      void lookUp(batch)
    }
  }

  async function lookUp(batch: Batch<Found>): Promise<void> {
    inProgress += 1
    try {
      batch.resolve(await find([...batch.names]))
    } catch (error) {
      batch.reject(error)
      // The next batch waited for this one. It fails as well, so that no caller waits twice for a store that hangs.
      waiting.shift()?.reject(error)
    } finally {
      inProgress -= 1
      send()
    }
  }

  return (name: string): Promise<ReadonlyMap<string, Found>> => {
    const { promise } = batchFor(name)
    if (!scheduled) {
      scheduled = true
      // The lookup belongs to the trace of the first caller, but not to its deadline.
      atEndOfTurn(withoutDeadline(() => AsyncLocalStorage.bind(send)))
    }
    return promise
  }
}

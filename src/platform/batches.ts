// Batches lookups, so that a slow store gets fewer and larger queries.

/** Returns what was found for each of `names`; the rest is missing from the map. */
export type FindAmong<Found> = (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>

type Answer<Found> = PromiseWithResolvers<Found | undefined>

/**
 * Looks up all names of one turn of the event loop together, each once, with at most `size` names per batch and at most
 * `inFlight` batches in progress. Later names wait and form the next batches, so a slower store gets fewer, larger
 * queries. No name joins a batch that was already sent, because its result may be older than the call.
 */
export function inBatches<Found>(find: FindAmong<Found>, limits: { size: number; inFlight: number }) {
  let waiting = new Map<string, Answer<Found>>()
  let inProgress = 0
  let scheduled = false

  function next(): Map<string, Answer<Found>> {
    const all = waiting
    if (all.size <= limits.size) {
      waiting = new Map()
      return all
    }
    const batch = new Map([...all].slice(0, limits.size))
    for (const name of batch.keys()) all.delete(name)
    return batch
  }

  function send(): void {
    scheduled = false
    while (waiting.size > 0 && inProgress < limits.inFlight) void lookUp(next())
  }

  async function lookUp(batch: ReadonlyMap<string, Answer<Found>>): Promise<void> {
    inProgress += 1
    try {
      const found = await find([...batch.keys()])
      for (const [name, answer] of batch) answer.resolve(found.get(name))
    } catch (error) {
      // The next batch waited for this one. It fails as well, so that no caller waits twice for a store that hangs.
      for (const answer of [...batch.values(), ...next().values()]) answer.reject(error)
    } finally {
      inProgress -= 1
      send()
    }
  }

  return (name: string): Promise<Found | undefined> => {
    const known = waiting.get(name)
    if (known) return known.promise
    const answer: Answer<Found> = Promise.withResolvers()
    waiting.set(name, answer)
    if (!scheduled) {
      scheduled = true
      setImmediate(send)
    }
    return answer.promise
  }
}

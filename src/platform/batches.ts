/** What is known of those of `names` of which something is known. */
export type FindAmong<Found> = (names: readonly string[]) => Promise<ReadonlyMap<string, Found>>

type Answer<Found> = PromiseWithResolvers<Found | undefined>

/**
 * Asks for many names at once: all that are asked for in one turn of the event loop go out together, each once, at most
 * `size` in a batch and `inFlight` batches at a time. While that many are under way, those that come wait and form the
 * next ones, so a store that gets slower is asked less often, for more. Nobody joins a batch that has been sent: its
 * answer may be older than the question.
 */
export function inBatches<Found>(find: FindAmong<Found>, limits: { size: number; inFlight: number }) {
  let waiting = new Map<string, Answer<Found>>()
  let underWay = 0
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
    while (waiting.size > 0 && underWay < limits.inFlight) void ask(next())
  }

  async function ask(batch: ReadonlyMap<string, Answer<Found>>): Promise<void> {
    underWay += 1
    try {
      const found = await find([...batch.keys()])
      for (const [name, answer] of batch) answer.resolve(found.get(name))
    } catch (error) {
      // Those that wait have waited for this one: a store that does not answer is not to be waited for twice.
      for (const answer of [...batch.values(), ...next().values()]) answer.reject(error)
    } finally {
      underWay -= 1
      send()
    }
  }

  return (name: string): Promise<Found | undefined> => {
    const asked = waiting.get(name)
    if (asked) return asked.promise
    const answer: Answer<Found> = Promise.withResolvers()
    waiting.set(name, answer)
    if (!scheduled) {
      scheduled = true
      setImmediate(send)
    }
    return answer.promise
  }
}

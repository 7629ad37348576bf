// Contenders that serve HTTP.
import type { Contender } from '../load/slices.ts'
import { openTraffic, type Talk } from '../load/traffic.ts'
import type { Candidate } from '../stage/candidate.ts'

/** Prepares what the connections say, with the server that was just started. */
type TalksWith = (candidate: Candidate) => Promise<Talk[]>

/**
 * One process that serves several loads in turns, each a contender: two processes of one build differ too much to compare
 * loads. It runs from the first `open` to the last `close`.
 */
export function overOne(start: () => Promise<Candidate>, loads: Record<string, TalksWith>): Contender[] {
  let running: Promise<Candidate> | null = null
  let open = 0
  return Object.entries(loads).map(([name, talks]) => ({
    name,
    async open() {
      open += 1
      const candidate = await (running ??= start())
      const traffic = openTraffic(candidate.url, await talks(candidate))
      return {
        pid: candidate.pid,
        slice: (milliseconds) => traffic.during(milliseconds),
        async close() {
          traffic.close()
          open -= 1
          if (open > 0) return
          running = null
          await candidate.stop()
        },
      }
    },
  }))
}

export const over = (name: string, start: () => Promise<Candidate>, talks: TalksWith): Contender =>
  overOne(start, { [name]: talks })[0]!

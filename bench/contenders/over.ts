// A contender that serves HTTP.
import type { Contender } from '../load/slices.ts'
import { openTraffic, type Talk } from '../load/traffic.ts'
import type { Candidate } from '../stage/candidate.ts'

/** `talks` prepares what the connections say, with the server that was just started. */
export function over(
  name: string,
  start: () => Promise<Candidate>,
  talks: (candidate: Candidate) => Promise<Talk[]>,
): Contender {
  return {
    name,
    async open() {
      const candidate = await start()
      const traffic = openTraffic(candidate.url, await talks(candidate))
      return {
        pid: candidate.pid,
        slice: (milliseconds) => traffic.during(milliseconds),
        async close() {
          traffic.close()
          await candidate.stop()
        },
      }
    },
  }
}

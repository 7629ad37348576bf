// Contenders that serve requests over connections.
import type { OpenConnection } from '../load/connection.ts'
import type { Contender } from '../load/slices.ts'
import { openTraffic, type Talk } from '../load/traffic.ts'
import type { Candidate } from '../stage/candidate.ts'

/** Prepares what the connections say, with the server that was just started. */
type TalksWith<Running extends Candidate> = (running: Running) => Promise<Talk[]>

export interface Load<Running extends Candidate = Candidate> {
  talks: TalksWith<Running>
  /** How to open a connection. By default, one of HTTP/1.1. */
  open?: OpenConnection | undefined
  /** Where to. By default, to the address of the candidate. */
  address?: (running: Running) => string
}

/**
 * One process that serves several loads in turns, each a contender: two processes of one build differ too much to compare
 * loads. It runs from the first `open` to the last `close`.
 */
export function overOne<Running extends Candidate>(
  start: () => Promise<Running>,
  loads: Readonly<Record<string, Load<Running>>>,
): Contender[] {
  let starting: Promise<Running> | null = null
  let lanes = 0
  return Object.entries(loads).map(([name, { talks, open, address = (running: Running) => running.url }]) => ({
    name,
    async open() {
      lanes += 1
      const running = await (starting ??= start())
      const traffic = openTraffic(address(running), await talks(running), open)
      return {
        pid: running.pid,
        slice: (milliseconds) => traffic.during(milliseconds),
        async close() {
          traffic.close()
          lanes -= 1
          if (lanes > 0) return
          starting = null
          await running.stop()
        },
      }
    },
  }))
}

export const over = <Running extends Candidate>(
  name: string,
  start: () => Promise<Running>,
  talks: TalksWith<Running>,
  open?: OpenConnection,
): Contender => overOne(start, { [name]: { talks, open } })[0]!

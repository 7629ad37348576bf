// Measures contenders in turns of a tenth of a second, so that other work on the machine affects all of them alike.
import { startCpuClock } from '../stage/cpu.ts'
import type { Slice } from './traffic.ts'

/** A contender that runs and is connected. */
export interface Lane {
  pid: number
  /** Works for so long. */
  slice(milliseconds: number): Promise<Slice>
  close(): Promise<void>
}

export interface Contender {
  name: string
  /** Starts it with fresh connections. Called once per generation of processes. */
  open(): Promise<Lane>
}

/** What one contender did in each slice. Contenders have the same number, and those with the same index are a pair. */
export interface Sliced {
  perSecond: number[]
  /** Microseconds of CPU time per request: of the contender with its children, of MariaDB and of Redis. */
  cpu: number[]
  mariadb: number[]
  redis: number[]
  /** Milliseconds. Only of contenders that time each request. */
  p50: number[]
  /** The share of its core that the contender used. If it is well below 1, it was waiting. */
  busy: number[]
}

export interface Slicing {
  /** Two processes of one build differ by up to a third for as long as they live, so that they are replaced a few times. */
  generations: number
  slices: number
  milliseconds: number
  /** V8 compiles what is called often, however long that takes on a busy machine. */
  warmUpRequests: number
}

interface Stores {
  mariadb: number
  redis: number
}

const WARM_UP_MS = 500
const LONGEST_WARM_UP_MS = 10_000

/** Returns the slices of each contender. The order alternates, so that no contender always follows the same one. */
export async function takeTurns(
  contenders: readonly Contender[],
  { generations, slices, milliseconds, warmUpRequests }: Slicing,
  stores: Stores,
  note: (text: string) => void,
): Promise<Map<string, Sliced>> {
  const all = new Map<string, Sliced>(
    contenders.map(({ name }) => [name, { perSecond: [], cpu: [], mariadb: [], redis: [], p50: [], busy: [] }]),
  )
  for (let generation = 1; generation <= generations; generation++) {
    note(`processes ${generation} of ${generations}: starting`)
    const lanes: [Sliced, Lane][] = []
    for (const contender of contenders) lanes.push([all.get(contender.name)!, await contender.open()])
    for (const [, lane] of lanes) await warmUp(lane, warmUpRequests)
    for (let round = 1; round <= slices; round++) {
      note(`processes ${generation} of ${generations}, slice ${round} of ${slices}`)
      for (const [figures, lane] of round % 2 === 0 ? lanes.toReversed() : lanes)
        await measure(lane, milliseconds, stores, figures)
    }
    for (const [, lane] of lanes) await lane.close()
  }
  return all
}

async function warmUp(lane: Lane, requests: number): Promise<void> {
  const giveUp = performance.now() + LONGEST_WARM_UP_MS
  for (let done = 0; done < requests && performance.now() < giveUp;) done += (await lane.slice(WARM_UP_MS)).requests
}

async function measure(lane: Lane, milliseconds: number, stores: Stores, figures: Sliced): Promise<void> {
  const clocks = {
    cpu: startCpuClock(lane.pid, { withChildren: true }),
    mariadb: startCpuClock(stores.mariadb),
    redis: startCpuClock(stores.redis),
  }
  const { requests, milliseconds: took, p50 } = await lane.slice(milliseconds)
  figures.perSecond.push((requests * 1000) / took)
  const cpu = clocks.cpu()
  figures.cpu.push(cpu / requests)
  figures.mariadb.push(clocks.mariadb() / requests)
  figures.redis.push(clocks.redis() / requests)
  if (p50 !== undefined) figures.p50.push(p50)
  figures.busy.push(cpu / 1000 / took)
}

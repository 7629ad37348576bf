// Measures candidates in turns, so that other work on the machine affects all of them.
import type { Candidate } from '../stage/candidate.ts'
import { using } from '../stage/usage.ts'
import { median, whole } from '../report/statistics.ts'
import { type Expected, sample, verify } from './answers.ts'
import { type Load, saturate } from './wrk.ts'

/** The figures of each round. */
export interface Figures {
  perSecond: number[]
  /** Microseconds of CPU time per request. */
  cpu: number[]
  /** The share of its core that the server used. If it is well below 1, the server was waiting. */
  busy: number[]
  /** The share of its core that other processes used. */
  others: number[]
  /** Milliseconds. */
  p50: number[]
  p99: number[]
}

export interface Rounds {
  rounds: number
  seconds: number
}

const empty = (): Figures => ({ perSecond: [], cpu: [], busy: [], others: [], p50: [], p99: [] })

async function measure(candidate: Candidate, load: Load, figures: Figures): Promise<void> {
  const { result, cpu, others } = await using(candidate.pid, () => saturate(load))
  const { requests, microseconds, p50, p99 } = result
  figures.perSecond.push((requests / microseconds) * 1e6)
  figures.cpu.push(cpu / requests)
  figures.busy.push(cpu / microseconds)
  figures.others.push(others)
  figures.p50.push(p50 / 1000)
  figures.p99.push(p99 / 1000)
}

/** Long enough for V8 to compile the hot code. */
const WARM_UP_SECONDS = 3

/** Measures each candidate once per round, after a warm-up round. */
async function takeTurns(
  candidates: readonly Candidate[],
  { rounds, seconds }: Rounds,
  load: Pick<Load, 'file' | 'body' | 'connections'>,
  note: (text: string) => void,
): Promise<Map<string, Figures>> {
  const all = new Map(candidates.map(({ name }) => [name, empty()]))
  for (let round = 0; round <= rounds; round++) {
    for (const candidate of candidates) {
      note(`${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}, ${candidate.name}`)
      const figures = round === 0 ? empty() : all.get(candidate.name)!
      await measure(
        candidate,
        { ...load, url: candidate.url, seconds: round === 0 ? WARM_UP_SECONDS : seconds },
        figures,
      )
    }
  }
  return all
}

interface Compared extends Rounds {
  load: Pick<Load, 'file' | 'body' | 'connections'>
  names: readonly string[]
  /** The correct response for every name. */
  answer: Expected
  note: (text: string) => void
}

/** Measures the candidates, verifies their responses before and after, and stops them. */
export async function compare(candidates: readonly Candidate[], compared: Compared): Promise<Map<string, Figures>> {
  const { load, names, answer, note } = compared
  const verifyAll = async () => {
    for (const { url } of candidates) await verify(url, sample(names), () => answer)
  }
  await verifyAll()
  const figures = await takeTurns(candidates, compared, load, note)
  await verifyAll()
  await Promise.all(candidates.map((candidate) => candidate.stop()))
  return figures
}

/** The columns of a table with one row per candidate. */
export const figureColumns = ['', 'requests/s', 'CPU µs/request', 'core used', 'by others', 'p50 ms', 'p99 ms']
export const figureRow = (name: string, { perSecond, cpu, busy, others, p50, p99 }: Figures): string[] => [
  name,
  whole(median(perSecond)),
  median(cpu).toFixed(1),
  `${Math.round(median(busy) * 100)} %`,
  `${Math.round(median(others) * 100)} %`,
  median(p50).toFixed(2),
  median(p99).toFixed(2),
]

// Turns the ledger of a soak into claims and tables.
import { whole } from '../report/statistics.ts'
import type { Part } from '../report/results.ts'
import { examples, type Ledger } from './ledger.ts'
import type { Memory } from './memory.ts'

const GROWTH = 0.05

const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1)

interface Outcome {
  ledger: Ledger
  /** Operations per second. */
  capacity: number
  /** The titles of the faults. */
  happened: readonly string[]
  /** At the end of each minute. */
  memory: readonly Memory[]
  minutes: number
  registered: number
  ended: number
}

export function report({ ledger, capacity, happened, memory, minutes, registered, ended }: Outcome): Part {
  const { totals, problems, counts } = ledger
  const none = (what: string, found: readonly string[]) => ({
    what,
    goal: '0',
    measured: whole(found.length),
    spread: '',
    reached: found.length === 0,
  })
  const growth = (what: string, which: keyof Memory) => {
    const [before, after] = [memory[0]?.[which] ?? NaN, memory.at(-1)?.[which] ?? NaN]
    const grown = after / before - 1
    return {
      what: `${what}, from ${megabytes(before)} to ${megabytes(after)} MiB`,
      goal: '< 5 %',
      measured: `${(100 * grown).toFixed(1)} %`,
      spread: '',
      reached: grown < GROWTH,
    }
  }
  const targets = [
    {
      what: `requests in ${minutes} min at half the capacity (${whole(capacity)} operations/s), with ${happened.length} faults`,
      goal: 'report',
      measured: whole(totals.requests),
      spread: '',
      reached: null,
    },
    none('wrong answers', problems.wrong),
    none('acknowledged writes lost', problems.lost),
    none('5xx and lost connections that no fault explains', problems.unexplained),
    none('answers later than docs/operations.md says', problems.slow),
    growth('memory of a process after the first minute, heap after a collection', 'heap'),
    growth('… resident, with the process that hashes', 'resident'),
  ]
  const codes = [...new Set([...counts.values()].flatMap((each) => [...each.keys()]))].toSorted()
  const rows = [...counts].map(([name, each]) => [name, ...codes.map((code) => whole(each.get(code) ?? 0))])
  const times = new Map<string, number>()
  for (const title of happened) times.set(title, (times.get(title) ?? 0) + 1)
  const found = Object.values(problems).flatMap(examples)
  return {
    targets,
    tables: [
      {
        title: 'Answers by operation',
        columns: ['', ...codes],
        rows,
        notes: [
          `${whole(registered)} accounts and ${whole(ended)} logouts were compared with the database at the end. Two validators, and at the end a new one, validated ${whole(totals.validations)} tokens.`,
          `${whole(totals.unavailable)} answers were SERVICE_UNAVAILABLE and ${whole(totals.connections)} connections were lost, all during a fault or in the 5 s after it, unless counted above.`,
          ...found,
        ],
      },
      {
        title: 'Memory at the end of each minute',
        columns: ['minute', 'heap, MiB', 'resident, MiB'],
        rows: memory.map(({ heap, resident }, n) => [String(n + 1), megabytes(heap), megabytes(resident)]),
      },
      { title: 'Faults', columns: ['', 'times'], rows: [...times].map(([title, count]) => [title, String(count)]) },
    ],
  }
}

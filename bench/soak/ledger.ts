// Counts the answers, and decides which failures the faults of the moment explain.
import type { Answer } from './balancer.ts'

/** What a fault may do to requests, by docs/operations.md. */
export interface Allowed {
  /** Requests that need MySQL fail with SERVICE_UNAVAILABLE. */
  unavailable?: boolean
  /** Connections are lost. */
  lost?: boolean
  /** Validators answer 503, and revocations are late. */
  revocations?: boolean
}

interface Window extends Allowed {
  from: number
  until: number
}

/** How long after its end a fault can still be noticed: docs/operations.md. */
export const RECOVERY_MS = 5000

/** The default DATABASE_TIMEOUT, and what a busy machine adds. */
const [TIMEOUT_MS, SLACK_MS] = [5000, 2000]

/** The longest waits of docs/operations.md. A read whose connection was lost is repeated once. */
function longestMs(operation: string): number {
  if (/^(?:check|profile)/.test(operation)) return 2 * TIMEOUT_MS + SLACK_MS
  // Reads, and one transaction of prepared statements.
  if (/^(?:logout|refreshToken)/.test(operation)) return 3 * TIMEOUT_MS + SLACK_MS
  // A read, a hash that waits for others, and a transaction.
  return 10_000 + 2 * TIMEOUT_MS + SLACK_MS
}

const EXAMPLES = 12

export type Ledger = ReturnType<typeof createLedger>

export function createLedger() {
  const windows: Window[] = []
  const counts = new Map<string, Map<string, number>>()
  const problems = { wrong: [] as string[], lost: [] as string[], unexplained: [] as string[], slow: [] as string[] }
  const totals = { requests: 0, unavailable: 0, connections: 0, validations: 0 }
  const began = performance.now()

  const note = (list: string[], text: string, at = performance.now()) => {
    const during = windows.findLast(({ from }) => from <= at)
    const since = during ? ` (${((at - during.from) / 1000).toFixed(1)} s after the start of a fault)` : ''
    list.push(`${((at - began) / 1000).toFixed(1)} s: ${text}${since}`)
  }
  const allowed = (what: keyof Allowed, from: number, until: number) =>
    windows.some((window) => window[what] && window.from <= until && from <= window.until + RECOVERY_MS)

  return {
    totals,
    problems,
    counts,
    /** Whether some fault explains this between the two times. */
    allowed,

    /** Opens a window. Call the result when the fault is over. */
    fault(allows: Allowed): () => void {
      const window = { ...allows, from: performance.now(), until: Infinity }
      windows.push(window)
      return () => (window.until = performance.now())
    },

    /** Counts an answer, and returns whether it has data. Any code that is not expected is a wrong answer. */
    record(operation: string, answer: Answer, expected: readonly string[] = ['']): boolean {
      const { status, code, sentAt, answeredAt } = answer
      totals.requests += 1
      const codes = counts.get(operation) ?? new Map<string, number>()
      counts.set(operation, codes)
      codes.set(code || 'OK', (codes.get(code || 'OK') ?? 0) + 1)
      const text = `${operation}: ${status} ${code} ${answer.text.slice(0, 200)}`
      if (answeredAt - sentAt > longestMs(operation))
        note(problems.slow, `${text} after ${Math.round(answeredAt - sentAt)} ms`)
      if (status === 0) {
        totals.connections += 1
        if (!allowed('lost', sentAt, answeredAt)) note(problems.unexplained, text)
      } else if (code === 'SERVICE_UNAVAILABLE') {
        totals.unavailable += 1
        if (!allowed('unavailable', sentAt, answeredAt)) note(problems.unexplained, text)
      } else if (status >= 500) note(problems.unexplained, text)
      else if (!expected.includes(code)) note(problems.wrong, text)
      return status === 200 && code === ''
    },

    wrong: (text: string) => note(problems.wrong, text),
    lostWrite: (text: string) => note(problems.lost, text),
  }
}

/** The first lines of a list of problems. */
export const examples = (list: readonly string[]): string[] =>
  list.length > EXAMPLES ? [...list.slice(0, EXAMPLES), `… and ${list.length - EXAMPLES} more`] : [...list]

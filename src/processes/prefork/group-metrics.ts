import type { Worker } from 'node:cluster'
import { countersOf, createPrimaryMetrics, type Snapshot, sumOf } from '../../platform/metrics.js'
import type { ToMember } from './messages.js'

/** Milliseconds that a process has for its metrics. One that is too busy counts with what it told last. */
const ANSWER_TIMEOUT = 2000

/**
 * The metrics of all processes, added up. What a process has told is kept beyond its end, so that no counter ever goes
 * down while the primary lives: Prometheus would take that for a restart and count everything anew.
 */
export function createGroupMetrics() {
  const own = createPrimaryMetrics()
  const latest = new Map<Worker, Snapshot>()
  const answers = new Map<Worker, () => void>()
  let ended: Snapshot = []
  let round: Promise<string> | null = null

  const ask = (worker: Worker): Promise<Worker | null> =>
    new Promise((resolve) => {
      const settle = (result: Worker | null) => {
        clearTimeout(timer)
        answers.delete(worker)
        resolve(result)
      }
      const timer = setTimeout(() => settle(null), ANSWER_TIMEOUT)
      answers.set(worker, () => settle(worker))
      worker.send({ kind: 'snapshot?' } satisfies ToMember, (error) => error && settle(null))
    })

  async function collect(workers: Worker[]): Promise<string> {
    const primary = await own.snapshot()
    const fresh = new Set(await Promise.all(workers.map(ask)))
    // No wait from here on: a process that ended in between would be missed, or counted twice.
    const told = [...latest].map(([worker, snapshot]) => (fresh.has(worker) ? snapshot : countersOf(snapshot)))
    return sumOf([...told, ended, primary]).text()
  }

  return {
    crashed: own.crashed,

    /** Keeps what a process has told of itself. */
    told(worker: Worker, snapshot: Snapshot): void {
      latest.set(worker, snapshot)
      answers.get(worker)?.()
    },

    /** To be called when nothing more can come from a process. */
    gone(worker: Worker): void {
      ended = sumOf([ended, countersOf(latest.get(worker) ?? [])]).snapshot()
      latest.delete(worker)
    },

    /** As Prometheus reads it. Whoever asks while others are waiting gets their answer. */
    text(workers: Worker[]): Promise<string> {
      round ??= collect(workers).finally(() => (round = null))
      return round
    },
  }
}

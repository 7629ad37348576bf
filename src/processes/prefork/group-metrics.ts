// The metrics of a prefork group.
import type { Worker } from 'node:cluster'
import { withTimeout } from '@postern/contract/timeout'
import { countersOf, createPrimaryMetrics, type Snapshot, sumOf } from '../../platform/metric-snapshots.js'
import type { ToMember } from './messages.js'

/** How long a process may take to send its metrics. If it is too busy, its last metrics count. */
const SNAPSHOT_TIMEOUT_MS = 2000

/**
 * Adds up the metrics of all processes. Keeps the counters of processes that have ended, so that no counter decreases as
 * long as the primary runs: Prometheus would take that for a restart.
 */
export function createGroupMetrics() {
  const own = createPrimaryMetrics()
  const latest = new Map<Worker, Snapshot>()
  const answers = new Map<Worker, () => void>()
  let ended: Snapshot = []
  let round: Promise<string> | null = null

  /** Resolves to null if the process does not respond. */
  async function request(worker: Worker): Promise<Worker | null> {
    const answer = new Promise<Worker | null>((resolve) => {
      answers.set(worker, () => resolve(worker))
      worker.send({ kind: 'snapshot?' } satisfies ToMember, (error) => error && resolve(null))
    })
    return withTimeout(answer, SNAPSHOT_TIMEOUT_MS, () => null).finally(() => answers.delete(worker))
  }

  async function collect(workers: Worker[]): Promise<string> {
    const primary = await own.snapshot()
    const fresh = new Set(await Promise.all(workers.map(request)))
    // Synchronous from here on: a process that ended in between would be missed, or counted twice.
    const reported = [...latest].map(([worker, snapshot]) => (fresh.has(worker) ? snapshot : countersOf(snapshot)))
    return sumOf([...reported, ended, primary]).text()
  }

  return {
    crashed: own.crashed,

    /** Keeps the metrics that a process has sent. */
    report(worker: Worker, snapshot: Snapshot): void {
      latest.set(worker, snapshot)
      answers.get(worker)?.()
    },

    /** Call it when a process can send no more messages. */
    remove(worker: Worker): void {
      ended = sumOf([ended, countersOf(latest.get(worker) ?? [])]).snapshot()
      latest.delete(worker)
    },

    /** In the format of Prometheus. Concurrent calls share one result. */
    text(workers: Worker[]): Promise<string> {
      round ??= collect(workers).finally(() => (round = null))
      return round
    },
  }
}

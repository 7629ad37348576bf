// The processes of a prefork group: starts them, restarts those that crash, and ends them.
import cluster, { type Worker } from 'node:cluster'
import type { Logger } from '@postern/service/logger'

export interface Member {
  worker: Worker
  /** Replace it if it ends. False while it is being started, replaced or ended on purpose. */
  wanted: boolean
  serves: boolean
  /** How many of its predecessors in a row ended soon after they started. */
  failures: number
  /** Resolves to true when it is ready, to false if it ended before that. */
  up: Promise<boolean>
  /** Resolves to whether it ended in order: with code 0, or before it was ready. */
  ended: Promise<boolean>
}

const MIN_RESTART_DELAY_MS = 100
const MAX_RESTART_DELAY_MS = 10_000

/** After this time, a process counts as stable. */
const STABLE_AFTER_MS = 30_000

/** A process that does not end within `graceMs` is killed. */
export function createMembers({ logger, graceMs, onCrash }: { logger: Logger; graceMs: number; onCrash: () => void }) {
  const members = new Map<Worker, Member>()
  const restarts = new Set<NodeJS.Timeout>()
  const becameReady = new Map<Worker, () => void>()

  function start({ wanted = false, failures = 0 } = {}): Member {
    const worker = cluster.fork()
    const ready = Promise.withResolvers<boolean>()
    let readyAt = 0
    const over = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      worker.once('exit', (code, signal) => resolve({ code, signal }))
      worker.on('error', (error) => {
        logger.warn({ err: error, process: worker.process.pid }, "a process can't be reached")
        // It was never created, so it won't exit.
        if (worker.process.pid === undefined) resolve({ code: null, signal: null })
      })
    })
    const member: Member = {
      ...{ worker, wanted, failures },
      serves: false,
      ended: over.then(({ code, signal }) => {
        members.delete(worker)
        becameReady.delete(worker)
        if (member.wanted) {
          onCrash()
          const isStable = member.serves && performance.now() - readyAt > STABLE_AFTER_MS
          restart({ process: worker.process.pid, code, signal }, isStable ? 0 : member.failures)
        } else if (!member.serves) {
          logger.warn({ process: worker.process.pid, code, signal }, 'a process ended before it was ready')
        }
        return code === 0 || !member.serves
      }),
      up: Promise.race([ready.promise, over.then(() => false)]),
    }
    members.set(worker, member)
    becameReady.set(worker, () => {
      member.serves = true
      readyAt = performance.now()
      ready.resolve(true)
    })
    return member
  }

  function restart(ended: object, failures: number): void {
    const delayMs = Math.min(MIN_RESTART_DELAY_MS * 2 ** failures, MAX_RESTART_DELAY_MS)
    logger.error({ ...ended, delay: delayMs }, 'a process ended unexpectedly; starting another one')
    const timer = setTimeout(() => {
      restarts.delete(timer)
      start({ wanted: true, failures: failures + 1 })
    }, delayMs)
    restarts.add(timer)
  }

  return {
    start,
    restart,
    all: () => [...members.values()],
    serving: () => [...members.values()].filter(({ serves }) => serves).map(({ worker }) => worker),
    has: ({ worker }: Member) => members.has(worker),
    ready: (worker: Worker) => becameReady.get(worker)?.(),

    /** Lets it finish its requests, and kills it after `graceMs`. Resolves to whether it ended in order. */
    async end(member: Member): Promise<boolean> {
      member.wanted = false
      const { process } = member.worker
      process.kill('SIGTERM')
      // A stopped process handles no signal until it continues.
      process.kill('SIGCONT')
      const timer = setTimeout(() => process.kill('SIGKILL'), graceMs)
      const inOrder = await member.ended
      clearTimeout(timer)
      return inOrder
    },

    /** No process is restarted from now on. */
    close(): void {
      for (const timer of restarts) clearTimeout(timer)
      for (const member of members.values()) member.wanted = false
    },
  }
}

import cluster, { type Worker } from 'node:cluster'
import type { Logger } from '../../platform/logger.js'

export interface Member {
  worker: Worker
  /** Another one takes its place when it ends. Not while it is being started, replaced or ended on purpose. */
  wanted: boolean
  serves: boolean
  /** How many before it ended soon after their start, one after the other. */
  failures: number
  /** True when it serves, false when it ended before. */
  up: Promise<boolean>
  /** Whether it ended as it should: 0, or before it served. */
  ended: Promise<boolean>
}

const FIRST_DELAY = 100
const LONGEST_DELAY = 10_000
/** Milliseconds after which a process counts as one that works. */
const STEADY = 30_000

/** The processes of a group: starts them, brings back the wanted ones, ends them. */
export function createMembers({ logger, grace, onCrash }: { logger: Logger; grace: number; onCrash: () => void }) {
  const members = new Map<Worker, Member>()
  const returning = new Set<NodeJS.Timeout>()
  const becameReady = new Map<Worker, () => void>()

  function start({ wanted = false, failures = 0 } = {}): Member {
    const worker = cluster.fork()
    let readyAt = 0
    const over = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      worker.once('exit', (code, signal) => resolve({ code, signal }))
      worker.on('error', (error) => {
        logger.warn({ err: error, process: worker.process.pid }, 'a process cannot be reached')
        // It could not even be made, and so will not end.
        if (worker.process.pid === undefined) resolve({ code: null, signal: null })
      })
    })
    const ready = new Promise<boolean>((resolve) => {
      becameReady.set(worker, () => {
        member.serves = true
        readyAt = performance.now()
        resolve(true)
      })
    })
    const ended = over.then(({ code, signal }) => {
      members.delete(worker)
      becameReady.delete(worker)
      if (member.wanted) {
        onCrash()
        const steady = member.serves && performance.now() - readyAt > STEADY
        bringBack({ process: worker.process.pid, code, signal }, steady ? 0 : member.failures)
      } else if (!member.serves) {
        logger.warn({ process: worker.process.pid, code, signal }, 'a process has ended before it served')
      }
      return code === 0 || !member.serves
    })
    const up = Promise.race([ready, over.then(() => false)])
    const member: Member = { worker, wanted, serves: false, failures, up, ended }
    members.set(worker, member)
    return member
  }

  function bringBack(ended: object, failures: number): void {
    const delay = Math.min(FIRST_DELAY * 2 ** failures, LONGEST_DELAY)
    logger.error({ ...ended, delay }, 'a process has ended by itself; another takes its place')
    const timer = setTimeout(() => {
      returning.delete(timer)
      start({ wanted: true, failures: failures + 1 })
    }, delay)
    returning.add(timer)
  }

  return {
    start,
    bringBack,
    all: () => [...members.values()],
    serving: () => [...members.values()].filter(({ serves }) => serves).map(({ worker }) => worker),
    has: ({ worker }: Member) => members.has(worker),
    ready: (worker: Worker) => becameReady.get(worker)?.(),

    /** Lets it answer what it has accepted; after its grace it is killed. Resolves to whether it ended in order. */
    async end(member: Member): Promise<boolean> {
      member.wanted = false
      const { process } = member.worker
      process.kill('SIGTERM')
      // One that is stopped hears nothing before it goes on.
      process.kill('SIGCONT')
      const timer = setTimeout(() => process.kill('SIGKILL'), grace)
      const inOrder = await member.ended
      clearTimeout(timer)
      return inOrder
    },

    /** None comes back any more. */
    close(): void {
      for (const timer of returning) clearTimeout(timer)
      for (const member of members.values()) member.wanted = false
    },
  }
}

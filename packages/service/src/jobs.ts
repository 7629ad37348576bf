// Jobs: work that a process repeats for as long as it runs.
import type { Logger } from './logger.js'

/** Its signal is aborted when the process stops: what is long ends early. */
type JobRun = (stopping: AbortSignal) => Promise<unknown>

/** How often it runs, and what the log calls it. A job that is switched off is null. */
export type Job = readonly [intervalMs: number, run: JobRun | null, name: string]

export interface Jobs {
  /** Resolves when the rounds that are running have ended. */
  stop(): Promise<void>
}

/** Runs each job again and again, its interval after its last run ended. One that fails is logged once and tried again. */
export function startJobs(jobs: readonly Job[], logger: Logger): Jobs {
  const stops = jobs.flatMap(([intervalMs, run, name]) => (run ? [repeat(intervalMs, run, name, logger)] : []))
  return {
    async stop() {
      await Promise.all(stops.map((stop) => stop()))
    },
  }
}

/** Returns a function that stops it. */
function repeat(intervalMs: number, job: JobRun, name: string, logger: Logger): () => Promise<void> {
  let timer: NodeJS.Timeout
  const stopping = new AbortController()
  let failing = false
  let round = Promise.resolve()

  const run = async () => {
    try {
      await job(stopping.signal)
      if (failing) logger.info(`${name} works again`)
      failing = false
    } catch (error) {
      if (!failing) logger.warn({ err: error }, `${name} failed; trying again`)
      failing = true
    }
    if (!stopping.signal.aborted) schedule(intervalMs)
  }
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      round = run()
    }, delayMs)
  }
  schedule(0)

  return async () => {
    stopping.abort()
    clearTimeout(timer)
    await round
  }
}

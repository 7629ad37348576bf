// Jobs: work that a process repeats for as long as it runs.
import type { Logger } from './logger.js'

/** How often it runs, and what the log calls it. A job that is switched off is null. */
export type Job = readonly [intervalMs: number, run: (() => Promise<unknown>) | null, name: string]

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
function repeat(intervalMs: number, job: () => Promise<unknown>, name: string, logger: Logger): () => Promise<void> {
  let timer: NodeJS.Timeout
  let stopped = false
  let failing = false
  let round = Promise.resolve()

  const run = async () => {
    try {
      await job()
      if (failing) logger.info(`${name} works again`)
      failing = false
    } catch (error) {
      if (!failing) logger.warn({ err: error }, `${name} failed; trying again`)
      failing = true
    }
    if (!stopped) schedule(intervalMs)
  }
  const schedule = (delayMs: number) => {
    timer = setTimeout(() => {
      round = run()
    }, delayMs)
  }
  schedule(0)

  return async () => {
    stopped = true
    clearTimeout(timer)
    await round
  }
}

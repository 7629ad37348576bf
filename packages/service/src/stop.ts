// The stop of a process: it gets nothing new, finishes what it has accepted, and ends.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from './logger.js'
import type { Tracing } from './tracing/tracing.js'

interface Options {
  logger: Logger
  /** Null without traces. */
  tracing: Tracing | null
  /** How long clients and balancers may take to notice that it retires. */
  delayMs: number
  /** How long after that it may take to finish. Then it ends with an error. */
  timeoutMs: number
  /** What the log says if that is not enough. */
  late: string
  /** From now on, it should get nothing new. It still answers everything. */
  retire: () => void | Promise<void>
  /** Finishes what is in progress, then disconnects. */
  close: () => Promise<void>
}

export type Stop = (why: object) => Promise<void>

/** Only the first call counts. */
export function createStop({ logger, tracing, delayMs, timeoutMs, late, retire, close }: Options): Stop {
  let isStopping = false
  return async (why) => {
    if (isStopping) return
    isStopping = true
    logger.info(why, 'stopping')
    const deadline = setTimeout(() => {
      logger.error(late)
      process.exit(1)
    }, delayMs + timeoutMs)
    await retire()
    await sleep(delayMs)
    await close()
    clearTimeout(deadline)
    // In bounded time, and after everything that can have a span.
    await tracing?.close()
    logger.info('stopped')
    process.exit(0)
  }
}

/** Call it before the process listens: from then on, a stop must finish what was accepted. */
export function stopOnSignals(stop: Stop): void {
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, (signal) => void stop({ signal }))
}

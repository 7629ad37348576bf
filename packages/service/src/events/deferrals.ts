// Events that wait until what their consumer needs is back: how long until the next attempt, and what the log says.
import type { Logger } from '../logger.js'
import type { DeliveryResult } from './event-metrics.js'

/** What was away is used this soon after it is back. */
const LONGEST_SECONDS = 5

/** One of the pauses after failed attempts, because RabbitMQ has queues only for those. */
export function deferralSeconds(retrySeconds: readonly number[]): number {
  const short = retrySeconds.filter((seconds) => seconds <= LONGEST_SECONDS)
  return short.length > 0 ? Math.max(...short) : Math.min(...retrySeconds)
}

/** Logs an outage once, and its end. `error`: of an attempt that was deferred. */
export function createDeferralLog(logger: Pick<Logger, 'info' | 'warn'>) {
  const waiting = new Set<string>()
  return (consumer: string, result: DeliveryResult, error?: unknown): void => {
    if (result === 'deferred') {
      if (!waiting.has(consumer)) logger.warn({ consumer, err: error }, 'events wait for what is away')
      waiting.add(consumer)
    } else if (waiting.delete(consumer)) logger.info({ consumer }, 'events no longer wait for what was away')
  }
}

// Events that wait until what their consumer needs is back: how long until the next attempt, and what the log says.
import type { Logger } from '../logger.js'
import type { Deferral } from './consumers.js'
import type { DeliveryResult } from './event-metrics.js'

/** What was away is used this soon after it is back. */
const OUTAGE_SECONDS = 5

/** An event that waits alone must not take the turns of others, so its pauses grow with its age. The first ones are this long. */
const FIRST_SECONDS = 10
const AGE_FRACTION = 1 / 4

/** In seconds. */
export const ageOf = ({ at }: { at: Date }, now: Date): number => (now.getTime() - at.getTime()) / 1000

/** One of the pauses after failed attempts, because RabbitMQ has queues only for those. */
export function deferralSeconds(
  retrySeconds: readonly number[],
  { isOutage }: Pick<Deferral, 'isOutage'>,
  ageSeconds: number,
): number {
  const longest = isOutage ? OUTAGE_SECONDS : Math.max(FIRST_SECONDS, ageSeconds * AGE_FRACTION)
  const short = retrySeconds.filter((seconds) => seconds <= longest)
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

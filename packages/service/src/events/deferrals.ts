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

const LOGGED_MS = 60_000

/**
 * Logs what events of a consumer wait for, at most once a minute, and its end: once another event is done and none was deferred
 * for longer than its pause and a minute. `now`: in milliseconds.
 */
export function createDeferralLog(logger: Pick<Logger, 'info' | 'warn'>, now: () => number = () => performance.now()) {
  const waiting = new Map<string, { loggedAt: number; endsAt: number }>()

  function onDeferred(consumer: string, error: unknown, seconds: number): void {
    const { loggedAt, endsAt } = waiting.get(consumer) ?? { loggedAt: -Infinity, endsAt: 0 }
    const isDue = now() - loggedAt >= LOGGED_MS
    if (isDue) logger.warn({ consumer, err: error }, 'events wait for what is away')
    waiting.set(consumer, {
      loggedAt: isDue ? now() : loggedAt,
      endsAt: Math.max(endsAt, now() + seconds * 1000 + LOGGED_MS),
    })
  }

  /** `error` and `seconds`: of an attempt that was deferred, and the pause after it. */
  return (consumer: string, result: DeliveryResult, error?: unknown, seconds = 0): void => {
    if (result === 'deferred') return onDeferred(consumer, error, seconds)
    const state = waiting.get(consumer)
    if (!state || now() <= state.endsAt) return
    waiting.delete(consumer)
    logger.info({ consumer }, 'events no longer wait for what was away')
  }
}

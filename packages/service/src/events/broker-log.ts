// Log lines of consuming from RabbitMQ, for an operator.
import type { Logger } from '../logger.js'
import type { Failure } from './broker-work.js'

/** How often failures of events are logged in detail, per consumer. */
const FAILURE_LOGGED_MS = 1000

export function createBrokerLog(logger: Logger) {
  const loggedAt = new Map<string, number>()
  return {
    onConnected: () => logger.info('consuming events from RabbitMQ'),
    onDisconnected: (reason: unknown) => logger.warn({ err: reason }, 'consuming from RabbitMQ failed; trying again'),
    onFailure(consumer: string, result: string, { eventId, attempts, error }: Failure) {
      const facts = { consumer, eventId, attempts, err: error }
      if (result === 'dead') return logger.error(facts, 'an event could not be processed; it is a dead letter now')
      // A receiver that is down makes every event fail.
      if (performance.now() - (loggedAt.get(consumer) ?? -Infinity) < FAILURE_LOGGED_MS) return
      loggedAt.set(consumer, performance.now())
      logger.warn(facts, 'an event could not be processed; trying again later')
    },
  }
}

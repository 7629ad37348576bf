// The metrics of deliveries.
import type { ProgramMetrics } from '@postern/service/program-metrics'
import type { ClaimedDelivery, DeliveryQueue } from '../deliveries/delivery-queue.js'
import type { AttemptOutcome } from '../deliveries/queue-worker.js'

/** Returns what counts the result of each attempt. */
export function watchDeliveries(metrics: ProgramMetrics, queue: Pick<DeliveryQueue, 'count'>) {
  const results = metrics.counter(
    'postern_notification_deliveries_total',
    'Deliveries by channel, lane and result (retried: it failed and is repeated; postponed: it waits for a time or a consent).',
    ['channel', 'lane', 'result'],
  )
  metrics.databaseGauge('postern_notification_deliveries_pending', 'Deliveries that are not sent yet.', () =>
    queue.count('PENDING'),
  )
  metrics.databaseGauge('postern_notification_dead_letters', 'Deliveries that were given up.', () =>
    queue.count('FAILED'),
  )
  return ({ channel, lane }: ClaimedDelivery, result: AttemptOutcome): void => results.inc({ channel, lane, result })
}

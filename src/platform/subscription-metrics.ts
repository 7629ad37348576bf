// The metrics of subscriptions: open connections, and why they were closed.
import type { MetricRegistry } from '@postern/service/metric-registry'
import { readableMetric } from '@postern/service/tallies'

interface Counts<Transport, Reason> {
  opened(transport: Transport): void
  closed(transport: Transport, reason: Reason): void
}

export interface SubscriptionMetrics {
  /** Adds the connections of subscriptions, and returns what counts them. */
  subscriptions<Transport extends string, Reason extends string>(
    transports: readonly Transport[],
    reasons: readonly Reason[],
  ): Counts<Transport, Reason>
}

export const createSubscriptionMetrics = ({ add, counter }: MetricRegistry): SubscriptionMetrics => ({
  subscriptions(transports, reasons) {
    const open = new Map(transports.map((transport) => [transport, 0]))
    const change = (transport: (typeof transports)[number], by: number) =>
      open.set(transport, (open.get(transport) ?? 0) + by)
    const help = 'Open connections of subscriptions, by transport.'
    add(
      readableMetric({ name: 'postern_subscriptions', help, type: 'gauge', aggregator: 'sum' }, () =>
        [...open].map(([transport, value]) => ({ labels: { transport }, value })),
      ),
    )
    const closed = counter(
      'postern_subscriptions_closed_total',
      'Connections of subscriptions that were closed, by transport and reason.',
      ['transport', 'reason'],
    )
    for (const transport of transports) for (const reason of reasons) closed.labels(transport, reason).inc(0)
    return {
      opened: (transport) => void change(transport, 1),
      closed(transport, reason) {
        change(transport, -1)
        closed.labels(transport, reason).inc()
      },
    }
  },
})

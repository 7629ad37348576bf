// The Prometheus metrics that all services beside Postern have, and the registry to which each adds its own.
import { type ConnectionMetrics, createConnectionMetrics } from './connection-metrics.js'
import { createEventMetrics, type EventMetrics } from './events/event-metrics.js'
import { createMetricRegistry, type MetricRegistry } from './metric-registry.js'
import { type CallMetrics, createCallMetrics } from './requests/call-metrics.js'

export interface ProgramMetrics extends MetricRegistry, CallMetrics, ConnectionMetrics, EventMetrics {
  /** The response of /metrics. */
  readonly text: () => Promise<string>
}

export function createProgramMetrics(): ProgramMetrics {
  const metrics = createMetricRegistry()
  return {
    ...metrics,
    ...createCallMetrics(metrics),
    ...createConnectionMetrics(metrics),
    ...createEventMetrics(metrics),
    text: () => metrics.registry.metrics(),
  }
}

// The pipeline of every request: the list of hooks, built once for both doors, which share its limits.
import type { Logger } from '@postern/service/logger'
import { combineHooks, limitConcurrency, type RequestHooks, traceRequests } from '@postern/service/requests/hooks'
import { logRequests } from '@postern/service/requests/log'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import type { LimitServices } from '../services/limits/index.js'
import { limitAddresses, measureRequests } from './request-hooks.js'

interface Parts {
  config: Pick<Config, 'MAX_CONCURRENT_REQUESTS'>
  services: { limits: Pick<LimitServices, 'addresses'> }
  metrics: Metrics
  logger: Logger
  /** Null without traces. */
  tracing: Tracing | null
}

export function createPipeline({ config, services, metrics, logger, tracing }: Parts): RequestHooks {
  const { addresses } = services.limits
  return combineHooks([
    ...(tracing ? [traceRequests] : []),
    ...(addresses ? [limitAddresses(addresses)] : []),
    limitConcurrency(config.MAX_CONCURRENT_REQUESTS),
    measureRequests(metrics),
    logRequests(logger),
  ])
}

// The HTTP server of a worker: health checks and metrics, nothing else.
import { fastify, type FastifyInstance, LogController } from 'fastify'
import type { BreakerStatus } from '@postern/service/breakers'
import type { Logger } from '@postern/service/logger'
import type { Component } from '@postern/service/requests/readiness'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { registerHealth } from './health.js'
import { createMetricsEndpoint, registerMetrics } from './metrics-endpoint.js'

interface WorkerParts {
  config: Config
  logger: Logger
  metrics: Metrics
  /** All of them must be up. */
  health: () => Promise<Readonly<Record<string, Component>>>
  breakers: () => BreakerStatus[]
}

export interface WorkerServer {
  url: string
  /** The worker is no longer ready from now on. */
  retire: () => void
  close: () => Promise<void>
}

/** Rejects with the system's error if it can't listen, for example because the port is in use. */
export async function startWorkerServer({
  config,
  logger,
  metrics,
  health,
  breakers,
}: WorkerParts): Promise<WorkerServer> {
  let isStopping = false
  const http = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  }) as unknown as FastifyInstance
  const isRequired = () => true
  registerHealth(http, { check: health, isRequired, breakers, config, isDraining: () => isStopping })
  registerMetrics(
    http,
    config,
    createMetricsEndpoint(() => metrics.text(), config.METRICS_TOKEN),
  )
  const url = await http.listen({ host: config.HOST, port: config.PORT })
  return {
    url,
    retire() {
      isStopping = true
    },
    close: () => http.close(),
  }
}

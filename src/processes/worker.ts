// A worker: processes events until a signal ends it.
import { fail } from '@postern/service/failed-start'
import { createStop, stopOnSignals } from '@postern/service/stop'
import type { App } from '../app/create-app.js'
import { startWorkerJobs } from '../app/background-jobs.js'
import { listenForMetrics } from '../http/metrics-listener.js'
import { startWorkerServer } from '../http/worker-server.js'
import { listenProblem } from './listen-problem.js'
import { type Parts, prepareApp } from './prepared-app.js'

/** Longer than the time that it has for the events that it holds. */
const GIVE_UP_MS = 40_000

/** `consumers`: more than the domains have, for tests. */
export async function runWorker(parts: Parts, consumers: App['consumers'] = []): Promise<void> {
  const { config, logger, tracing } = parts
  const app = await prepareApp(parts, consumers)
  const { metrics, breakers, broker } = app

  async function health() {
    const { mysql } = await app.health()
    const rabbitmq = broker && { state: broker.worker.isConnected() ? ('up' as const) : ('down' as const) }
    return { mysql, ...(rabbitmq && { rabbitmq: { ...rabbitmq, milliseconds: 0 } }) }
  }
  const starting = Promise.all([
    startWorkerServer({ config, logger, metrics, health, breakers }).catch((error: unknown) =>
      fail(listenProblem(config, 'PORT', error)),
    ),
    listenForMetrics(config, () => metrics.text(), logger).catch((error: unknown) =>
      fail(listenProblem(config, 'METRICS_PORT', error)),
    ),
  ]).then(([server, metricsListener]) => {
    broker?.worker.start()
    return { server, metricsListener, jobs: startWorkerJobs(app.background, logger) }
  })

  stopOnSignals(
    createStop({
      ...{ logger, tracing, delayMs: 0, timeoutMs: GIVE_UP_MS },
      late: 'events were still in progress; they will be processed again',
      retire: async () => (await starting).server.retire(),
      async close() {
        const { server, metricsListener, jobs } = await starting
        await Promise.all([broker?.worker.stop(), jobs.stop()])
        await server.close()
        metricsListener?.close()
        await app.close()
      },
    }),
  )

  const { server } = await starting
  logger.info({ url: server.url }, 'listening')
}

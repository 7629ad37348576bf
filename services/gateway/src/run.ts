// Starts the gateway, and stops it in order on a signal.
import { fail, failOf, readOrFail } from '@postern/service/failed-start'
import { listenProblem } from '@postern/service/listening'
import { createLogger } from '@postern/service/logger'
import { reportTracing, startTracing } from '@postern/service/start-tracing'
import { createStop, stopOnSignals } from '@postern/service/stop'
import { readConfig } from './config/index.js'
import { createGateway } from './gateway.js'
import { listen } from './http/listen.js'
import { listenForMetrics } from './http/metrics.js'
import { createServerStop } from './http/stop.js'
import { traced } from './traced.js'
import { VERSION } from './version.js'

const config = readOrFail(readConfig)

const failToListen = (variable: 'GATEWAY_PORT' | 'GATEWAY_METRICS_PORT') => (error: unknown) =>
  fail(listenProblem({ host: config.GATEWAY_HOST, port: config[variable], variable }, error))

const tracing = await startTracing(config, traced(VERSION))
const logger = createLogger(config.LOG_LEVEL, undefined, tracing ? () => tracing.ids() ?? {} : undefined)
const gateway = await createGateway(config, logger, { tracing }).catch(failOf)
if (tracing) reportTracing(tracing, { logger, metrics: gateway.metrics })
const stopServer = createServerStop(gateway.http)
const starting = Promise.all([
  listen(gateway.http, config.GATEWAY_HOST, config.GATEWAY_PORT).catch(failToListen('GATEWAY_PORT')),
  listenForMetrics(config, gateway.metrics.text, logger)?.catch(failToListen('GATEWAY_METRICS_PORT')),
])
stopOnSignals(
  createStop({
    ...{ logger, tracing, delayMs: config.SHUTDOWN_DELAY * 1000, timeoutMs: config.SHUTDOWN_TIMEOUT * 1000 },
    late: 'requests were still in progress after SHUTDOWN_TIMEOUT',
    async retire() {
      await starting
      gateway.retire()
    },
    async close() {
      await stopServer()
      await gateway.close()
      const [, metricsListener] = await starting
      metricsListener?.close()
    },
  }),
)

const [url] = await starting
logger.info({ url }, 'listening')

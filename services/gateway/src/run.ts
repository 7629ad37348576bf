// Starts the gateway, and stops it in order on a signal.
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '@postern/service/logger'
import { reportTracing, startTracing } from '@postern/service/start-tracing'
import { ConfigError, readConfig } from './config/index.js'
import { createGateway } from './gateway.js'
import { listen } from './http/listen.js'
import { listenForMetrics } from './http/metrics.js'
import { createStop } from './http/stop.js'
import { traced } from './traced.js'
import { VERSION } from './version.js'

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function failOf(error: unknown): never {
  if (error instanceof ConfigError) return fail(error.message)
  throw error
}

function readConfigOrFail() {
  try {
    return readConfig()
  } catch (error) {
    return failOf(error)
  }
}

const config = readConfigOrFail()

/** Names the variable if another program has the port. */
const portProblem = (variable: 'GATEWAY_PORT' | 'GATEWAY_METRICS_PORT') => (error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException
  const port = config[variable]
  if (code !== 'EADDRINUSE') return fail(`Can't listen on ${config.GATEWAY_HOST}, port ${port}: ${message}`)
  return fail(`Port ${port} is in use. Stop the program that listens there, or set ${variable} to another port.`)
}

const tracing = await startTracing(config, traced(VERSION))
const logger = createLogger(config.LOG_LEVEL, undefined, tracing ? () => tracing.ids() ?? {} : undefined)
const gateway = await createGateway(config, logger, { tracing }).catch(failOf)
if (tracing) reportTracing(tracing, { logger, metrics: gateway.metrics })
const stopServer = createStop(gateway.http)
const starting = Promise.all([
  listen(gateway.http, config.GATEWAY_HOST, config.GATEWAY_PORT).catch(portProblem('GATEWAY_PORT')),
  listenForMetrics(config, gateway.metrics.text, logger)?.catch(portProblem('GATEWAY_METRICS_PORT')),
])

let isStopping = false
async function stop(signal: string): Promise<void> {
  if (isStopping) return
  isStopping = true
  logger.info({ signal }, 'stopping')
  const delayMs = config.SHUTDOWN_DELAY * 1000
  const deadline = setTimeout(
    () => {
      logger.error('requests were still in progress after SHUTDOWN_TIMEOUT')
      process.exit(1)
    },
    delayMs + config.SHUTDOWN_TIMEOUT * 1000,
  )
  const [, metricsListener] = await starting
  gateway.retire()
  await sleep(delayMs)
  await stopServer()
  await gateway.close()
  metricsListener?.close()
  clearTimeout(deadline)
  // In bounded time, and after everything that can have a span.
  await tracing?.close()
  logger.info('stopped')
  process.exit(0)
}
// Before it listens: from then on, a stop must finish the accepted requests.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal))

const [url] = await starting
logger.info({ url }, 'listening')

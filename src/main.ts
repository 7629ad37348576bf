import { createApp } from './app.js'
import { ConfigError, readConfig } from './config.js'
import { createLogger } from './logger.js'
import { startServer } from './server.js'
import { startWorker } from './worker.js'

/** Plain words on stderr: whoever starts the service reads them, not a log collector. */
function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function readConfigOrExit() {
  try {
    return readConfig()
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message)
    throw error
  }
}

const config = readConfigOrExit()
const log = createLogger(config.LOG_LEVEL)
const app = await createApp(config, log).catch((error: unknown) => {
  if (error instanceof ConfigError) fail(error.message)
  throw error
})
await app.prepare().catch((error: unknown) => {
  log.error({ err: error }, 'the database cannot be used')
  return fail('The database of DATABASE_URL cannot be used. Is it up, and has `npm run migrate` been run on it?')
})
const server = await startServer(app).catch((error: unknown) => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') fail(`Port ${config.PORT} is taken. Stop what listens there, or set PORT to another one.`)
  return fail(`Cannot listen on ${config.HOST}, port ${config.PORT}: ${message}`)
})
const worker = startWorker(app)
log.info({ url: server.url }, 'listening')

let stopping = false
async function stop(signal: string): Promise<void> {
  if (stopping) return
  stopping = true
  log.info({ signal }, 'stopping')
  const deadline = setTimeout(() => {
    log.error('requests were still open at the deadline')
    process.exit(1)
  }, config.SHUTDOWN_TIMEOUT * 1000)
  await server.close()
  await worker.stop()
  await app.close()
  clearTimeout(deadline)
  log.info('stopped')
  process.exit(0)
}

process.on('SIGTERM', (signal) => void stop(signal))
process.on('SIGINT', (signal) => void stop(signal))

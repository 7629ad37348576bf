// Starts the gateway, and stops it in order on a signal.
import { createLogger } from '@postern/service/logger'
import { ConfigError, readConfig } from './config/index.js'
import { createGateway } from './gateway.js'
import { listen } from './http/listen.js'

function readConfigOrExit() {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    return process.exit(1)
  }
}

const config = readConfigOrExit()
const logger = createLogger(config.LOG_LEVEL)
const gateway = await createGateway(config, logger)
const url = await listen(gateway.http, config.GATEWAY_HOST, config.GATEWAY_PORT)
logger.info({ url }, 'listening')

let stopping = false
async function stop(signal: string): Promise<void> {
  if (stopping) return
  stopping = true
  logger.info({ signal }, 'stopping')
  await gateway.http.close()
  await gateway.close()
  logger.info('stopped')
  process.exit(0)
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(signal))

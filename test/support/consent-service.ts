// The consent service in this process, with a database of its own, and the tokens of Postern.
import { createLogger } from '@postern/service/logger'
import { startProgram } from '@postern/service/program'
import { readConfig } from '../../services/consent/src/config/index.js'
import { program } from '../../services/consent/src/program.js'
import { createTestDatabase } from './database.js'
import { GATEWAY_KEY } from './gateway.js'
import { SERVICE_KEY } from './notification.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

export type ConsentProgram = Awaited<ReturnType<typeof startConsentService>>

/** `port`: 0 is any free one. */
export async function startConsentService({ port = 0 }: { port?: number } = {}) {
  const database = await createTestDatabase({ migrations: program.migrations })
  const { JWT_SECRET } = TEST_ENVIRONMENT
  const config = readConfig({
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'silent', JWT_SECRET, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '10' },
    ...{ CONSENT_DATABASE_URL: database.url, CONSENT_GRPC_PORT: String(port), CONSENT_METRICS_PORT: 'off' },
    ...{ CONSENT_KEY: 'test-consent-key-0123456789abcdef0123456789', GATEWAY_KEY },
    SERVICE_KEYS: SERVICE_KEY.replace(':', '='),
  })
  const start = () => startProgram(program, config, { logger: createLogger(config.LOG_LEVEL) })
  let running = await start()
  return {
    port: running.port,
    /** What Postern needs to call it. */
    access: { CONSENT_GRPC_URL: `127.0.0.1:${running.port}`, SERVICE_KEY },
    /** It is away until `restart`, if it has a fixed port. */
    pause: () => running.close(),
    async restart() {
      running = await start()
    },
    async stop() {
      await running.close().catch(() => undefined)
      await database.drop()
    },
  }
}

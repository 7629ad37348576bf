// The notification service in this process, as other services and people call it.
import { Client, credentials, type Metadata } from '@grpc/grpc-js'
import { grpcClient } from '@postern/proto/grpc-client'
import { NotificationService } from '@postern/proto/notification'
import { createLogger } from '@postern/service/logger'
import { type Program, startProgram } from '@postern/service/program'
import { type Config, readConfig } from '../../services/notification/src/config/index.js'
import { program as notification } from '../../services/notification/src/program.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { metadata } from './grpc.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

const KEYS = {
  auth: 'test-service-key-0123456789abcdef0123456789',
  workflow: 'workflow-service-key-0123456789abcdef012345',
}

/** What the account service sends with its calls. */
const SERVICE_KEY = `auth:${KEYS.auth}`

const NOTIFICATION_ENVIRONMENT = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  NOTIFICATION_GRPC_PORT: '0',
  NOTIFICATION_METRICS_PORT: 'off',
  NOTIFICATION_HTTP_PORT: '0',
  NOTIFICATION_KEY: 'test-notification-key-0123456789abcdef0123456',
  JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET,
  SERVICE_KEYS: `auth=${KEYS.auth},workflow=${KEYS.workflow}`,
  MAIL_FROM: 'postern@example.com',
  APP_URL: 'https://app.example.com',
  DATABASE_TIMEOUT: '10',
}

/** What the service sends when it calls others. */
export const UPSTREAM_KEY = { SERVICE_KEY: 'notification:notification-service-key-0123456789abcdef' }

/** The metadata of a service. */
export const asService = (name: keyof typeof KEYS = 'workflow'): { metadata: Metadata } => ({
  metadata: metadata({ 'postern-service': `${name}:${KEYS[name]}` }),
})

interface Options {
  /** Of an earlier instance, which `stop` then leaves. */
  database?: TestDatabase
  program?: Program<Config>
  /** Called with each log line. */
  onLine?: (line: Record<string, unknown>) => void
}

export type Notification = Awaited<ReturnType<typeof startNotification>>

/** By default with a database of its own. */
export async function startNotification(
  env: Record<string, string> = {},
  { database, program = notification, onLine = () => undefined }: Options = {},
) {
  const own = database ?? (await createTestDatabase({ migrations: program.migrations }))
  const access = { NOTIFICATION_DATABASE_URL: own.url, REDIS_URL: testRedisUrl() }
  const config = readConfig({ ...NOTIFICATION_ENVIRONMENT, ...access, ...env })
  const write = (line: string) => onLine(JSON.parse(line) as Record<string, unknown>)
  const running = await startProgram(program, config, { logger: createLogger(config.LOG_LEVEL, { write }) })
  const address = `127.0.0.1:${running.port}`
  const client = new Client(address, credentials.createInsecure())
  return {
    ...running,
    ...{ database: own, client, rpc: grpcClient(NotificationService, client) },
    /** What Postern needs to call it. */
    access: { NOTIFICATION_GRPC_URL: address, SERVICE_KEY },
    async stop() {
      client.close()
      await running.close()
      if (!database) await own.drop()
    },
  }
}

// The notification service in this process, as other services and people call it.
import { Client, credentials, type Metadata } from '@grpc/grpc-js'
import { createLogger } from '@postern/service/logger'
import { migrateProgram } from '@postern/service/program-migrations'
import { startProgram } from '@postern/service/program'
import { toDatabaseServer } from '@postern/service/database/server'
import { grpcClient } from '@postern/proto/grpc-client'
import { NotificationService } from '@postern/proto/notification'
import { readConfig } from '../../services/notification/src/config/index.js'
import { MIGRATIONS } from '../../services/notification/src/migrations.js'
import { program } from '../../services/notification/src/program.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { metadata } from './grpc.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

const KEYS = {
  auth: 'auth-service-key-0123456789abcdef0123456789',
  workflow: 'workflow-service-key-0123456789abcdef012345',
}

export const NOTIFICATION_ENVIRONMENT = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  NOTIFICATION_GRPC_PORT: '0',
  NOTIFICATION_METRICS_PORT: 'off',
  NOTIFICATION_HTTP_PORT: '0',
  NOTIFICATION_KEY: 'test-notification-key-0123456789abcdef0123456',
  JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET,
  SERVICE_KEYS: Object.entries(KEYS)
    .map(([name, key]) => `${name}=${key}`)
    .join(','),
  SERVICE_KEY: 'notification:notification-service-key-0123456789abcdef',
  MAIL_FROM: 'postern@example.com',
  APP_URL: 'https://app.example.com',
  DATABASE_TIMEOUT: '10',
}

/** The metadata of a service. */
export const asService = (name: keyof typeof KEYS = 'workflow'): { metadata: Metadata } => ({
  metadata: metadata({ 'postern-service': `${name}:${KEYS[name]}` }),
})

export type NotificationInstance = Awaited<ReturnType<typeof startNotificationInstance>>

/** One process of it. `onLine` is called with each log line. */
export async function startNotificationInstance(
  database: { url: string },
  env: Record<string, string> = {},
  onLine: (line: Record<string, unknown>) => void = () => undefined,
) {
  const variables = { ...NOTIFICATION_ENVIRONMENT, NOTIFICATION_DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
  const config = readConfig({ ...variables, ...env })
  const write = (line: string) => onLine(JSON.parse(line) as Record<string, unknown>)
  const running = await startProgram(program, config, { logger: createLogger(config.LOG_LEVEL, { write }) })
  const client = new Client(`127.0.0.1:${running.port}`, credentials.createInsecure())
  return {
    ...running,
    client,
    rpc: grpcClient(NotificationService, client),
    async stop() {
      client.close()
      await running.close()
    },
  }
}

/** An empty database with the tables of the notification service. */
export async function createNotificationDatabase(server?: string): Promise<TestDatabase> {
  const database = await createTestDatabase({ migrate: false, ...(server !== undefined && { server }) })
  await migrateProgram(toDatabaseServer(database.url, {}), MIGRATIONS, 30)
  return database
}

/** An instance with a database of its own. */
export async function startNotification(env: Record<string, string> = {}) {
  const database = await createNotificationDatabase()
  const instance = await startNotificationInstance(database, env)
  return {
    ...instance,
    database,
    async stop() {
      await instance.stop()
      await database.drop()
    },
  }
}

export type TestNotification = Awaited<ReturnType<typeof startNotification>>

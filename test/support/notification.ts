// The notification service in this process, with a database of its own.
import { createLogger } from '@postern/service/logger'
import { migrateProgram } from '@postern/service/program-migrations'
import { databaseServerOf, type Program, type RunningProgram, startProgram } from '@postern/service/program'
import { type Config, readConfig } from '../../services/notification/src/config/index.js'
import { program as notification } from '../../services/notification/src/program.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { testRedisUrl } from './redis.js'
import { TEST_ENVIRONMENT } from './service.js'

/** What other services send with their calls, and this one expects. */
export const SERVICE_KEY = 'auth:test-service-key-0123456789abcdef0123456789'

export interface Notification extends RunningProgram {
  database: TestDatabase
  /** What Postern needs to call it. */
  access: { NOTIFICATION_GRPC_URL: string; SERVICE_KEY: string }
  stop(): Promise<void>
}

/** `database`: of an earlier one, which `stop` then leaves. */
export async function startNotification(
  env: Record<string, string> = {},
  { program = notification, database }: { program?: Program<Config>; database?: TestDatabase } = {},
): Promise<Notification> {
  const own = database ?? (await createTestDatabase({ migrate: false }))
  const { JWT_SECRET } = TEST_ENVIRONMENT
  const config = readConfig({
    ...{ NODE_ENV: 'test', LOG_LEVEL: 'silent', JWT_SECRET, REDIS_URL: testRedisUrl(), DATABASE_TIMEOUT: '10' },
    ...{ NOTIFICATION_DATABASE_URL: own.url, NOTIFICATION_GRPC_PORT: '0', NOTIFICATION_METRICS_PORT: 'off' },
    ...{ NOTIFICATION_KEY: 'test-notification-key-0123456789abcdef0123', SERVICE_KEYS: SERVICE_KEY.replace(':', '=') },
    ...env,
  })
  await migrateProgram(databaseServerOf(program, config), program.migrations, 10)
  const running = await startProgram(program, config, { logger: createLogger(config.LOG_LEVEL) })
  return {
    ...running,
    database: own,
    access: { NOTIFICATION_GRPC_URL: `127.0.0.1:${running.port}`, SERVICE_KEY },
    async stop() {
      await running.close()
      if (!database) await own.drop()
    },
  }
}

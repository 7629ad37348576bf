// The two hosts of webhooks, for tests that must pass with either.
import type { ResultSetHeader } from 'mysql2'
import { createWebhookRetention } from '../../packages/delivery/src/webhooks/retention.js'
import { createDeliveryRepository } from '../../packages/delivery/src/webhooks/tables/deliveries.js'
import { freePort } from './free-port.js'
import { startNotification } from './notification.js'
import { startService, type LogLine, type Service } from './service.js'
import type { TestDatabase } from './database.js'

export interface HostedWebhooks {
  service: Service
  /** Where the webhooks are. */
  database: TestDatabase
  /** Deletes old deliveries. */
  purge(): Promise<unknown>
  stop(): Promise<void>
}

const WEEK_SECONDS = 604_800

interface Options {
  onLine?: (line: LogLine) => void
}

async function alone(env: Record<string, string>, options: Options): Promise<HostedWebhooks> {
  const service = await startService(env, options)
  return {
    ...{ service, database: service.database, purge: () => service.app.background.purge() },
    stop: () => service.stop(),
  }
}

async function withNotification(env: Record<string, string>, options: Options): Promise<HostedWebhooks> {
  const port = String(await freePort())
  const notification = await startNotification({ ...env, AUTH_GRPC_URL: `127.0.0.1:${port}`, LOG_LEVEL: 'silent' })
  const service = await startService({ ...env, GRPC_PORT: port, ...notification.access }, options)
  return {
    service,
    ...{ database: notification.database, purge: () => purgeIn(notification.database) },
    async stop() {
      await service.stop()
      await notification.stop()
    },
  }
}

/** As the job of the service does, which runs every few minutes. */
async function purgeIn(database: TestDatabase): Promise<void> {
  const connection = await database.connect()
  const execute = async (sql: string, values: (string | number | Date)[]) => (await connection.execute(sql, values))[0]
  const read = async <Row>(sql: string, values: (string | number | Date)[]) => (await execute(sql, values)) as Row[]
  const write = async (sql: string, values: unknown[]) =>
    ((await execute(sql, values as string[])) as ResultSetHeader).affectedRows
  const deliveries = createDeliveryRepository(read, write)
  await createWebhookRetention({ deliveries, seconds: WEEK_SECONDS, clock: () => new Date() })()
  await connection.end()
}

/** By what the tests are called. */
export const WEBHOOK_HOSTS = [
  ['of Postern alone', alone],
  ['of the notification service', withNotification],
] as const

// The two hosts of webhooks, for tests that must pass with either.
import { createWebhookRetention } from '../../packages/delivery/src/webhooks/retention.js'
import { createDeliveryRepository } from '../../packages/delivery/src/webhooks/tables/deliveries.js'
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
  const notification = await startNotification(env)
  const service = await startService({ ...env, ...notification.access }, options)
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
async function purgeIn({ query }: TestDatabase): Promise<void> {
  const read = <Row>(sql: string, values: unknown[]) => query<Row>(sql, values)
  const write = async (sql: string, values: unknown[]) =>
    ((await query(sql, values)) as unknown as { affectedRows: number }).affectedRows
  await createWebhookRetention({
    deliveries: createDeliveryRepository(read, write),
    seconds: WEEK_SECONDS,
    clock: () => new Date(),
  })()
}

/** By what the tests are called. */
export const WEBHOOK_HOSTS = [
  ['of Postern alone', alone],
  ['of the notification service', withNotification],
] as const

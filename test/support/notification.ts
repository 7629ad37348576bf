// The notification service in this process, as other services and people call it.
import { grpcClient } from '@postern/proto/grpc-client'
import { NotificationService } from '@postern/proto/notification'
import { readConfig } from '../../services/notification/src/config/index.js'
import { program } from '../../services/notification/src/program.js'
import { type BesideOptions, startBeside } from './beside-service.js'
import { serviceKeys } from './service-keys.js'

const ENVIRONMENT = {
  NOTIFICATION_HTTP_PORT: '0',
  NOTIFICATION_KEY: 'test-notification-key-0123456789abcdef0123456',
  MAIL_FROM: 'postern@example.com',
  APP_URL: 'https://app.example.com',
}

export type Notification = Awaited<ReturnType<typeof startNotification>>

export async function startNotification(env: Record<string, string> = {}, options: BesideOptions = {}) {
  const described = { name: 'notification', program, readConfig, env: { ...ENVIRONMENT, ...env } } as const
  const service = await startBeside(described, options)
  return {
    ...service,
    rpc: grpcClient(NotificationService, service.client),
    /** What Postern needs to call it. */
    access: { NOTIFICATION_GRPC_URL: service.grpcUrl, ...serviceKeys('auth') },
  }
}

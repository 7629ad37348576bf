// Connects to the notification service, if there is one. Without it, nothing of gRPC is loaded for it.
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Config } from '../config/index.js'
import type { NotificationConnection } from '../upstreams/notification/index.js'
import type { Stores } from './stores.js'

/** Null without NOTIFICATION_GRPC_URL. */
export async function connectToNotification(
  { NOTIFICATION_GRPC_URL: address, SERVICE_KEY: key }: Config,
  { breakers }: Pick<Stores, 'breakers'>,
  tracing: Tracing | null,
): Promise<NotificationConnection | null> {
  if (!address || !key) return null
  const { openNotification } = await import('../upstreams/notification/index.js')
  return openNotification({ address, key, tracing, createBreaker: (options) => breakers.create(options) })
}

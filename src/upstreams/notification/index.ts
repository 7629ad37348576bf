// The notification service, as far as Postern uses it.
import { EventReceiverService } from '@postern/proto/events'
import { NotificationService } from '@postern/proto/notification'
import { deferWhileAway } from '@postern/service/grpc/deferrable'
import { createEventSender } from '@postern/service/grpc/event-sender'
import { connectToService, type ConnectionOptions } from '@postern/service/grpc/service-client'
import type { HandedOver } from '@postern/delivery/webhooks/taking-over'
import { createRemotePost } from './mail.js'
import { importRequest } from './messages.js'
import { createNotificationRecords } from './notifications.js'
import { type ChangeNotes, createRemoteWebhooks } from './webhooks.js'

export type NotificationConnection = ReturnType<typeof openNotification>

export function openNotification(options: Omit<ConnectionOptions, 'name'>) {
  const connection = connectToService({ name: 'notification', ...options })
  const rpcs = connection.rpcs(NotificationService)
  const receiver = connection.rpcs(EventReceiverService)
  return {
    /** Hands events over. Can be repeated. */
    deliver: createEventSender('notification', (request) => receiver.deliver(request)),
    records: createNotificationRecords(rpcs),
    post: createRemotePost(rpcs),
    webhooks: (notes: ChangeNotes) => createRemoteWebhooks(rpcs, notes),
    /** Hands a webhook over. Can be repeated. */
    async give(handed: HandedOver): Promise<void> {
      await deferWhileAway('notification', () => rpcs.importWebhook(importRequest(handed)))
    },
    isUp: () => connection.isUp(),
    close: () => connection.close(),
  }
}

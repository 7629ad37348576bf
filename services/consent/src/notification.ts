// Hands the events of consents over to the notification service, which tells people.
import { EventReceiverService } from '@postern/proto/events'
import type { PostedEventOf } from '@postern/service/events/event'
import { createRemoteConsumer } from '@postern/service/events/remote-consumer'
import { createEventSender } from '@postern/service/grpc/event-sender'
import { connectToService } from '@postern/service/grpc/service-client'
import type { OpenParts } from '@postern/service/open-program'
import type { Config } from './config/index.js'
import { CONSENT_EVENT_TYPES, type EventData } from './consents/events.js'

/** Null without NOTIFICATION_GRPC_URL: then people see their consents where they give them, and get no message. */
export function connectToNotification({ config, breakers, tracing }: OpenParts<Config>) {
  const { NOTIFICATION_GRPC_URL: address, SERVICE_KEY: key } = config
  if (!address || !key) return null
  const connection = connectToService({ name: 'notification', address, key, tracing, breakers })
  const receiver = connection.rpcs(EventReceiverService)
  return {
    consumer: createRemoteConsumer<PostedEventOf<EventData>>({
      ...{ name: 'notification', types: CONSENT_EVENT_TYPES },
      deliver: createEventSender('notification', (request) => receiver.deliver(request)),
    }),
    close: () => connection.close(),
  }
}

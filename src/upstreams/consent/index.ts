// The consent service, as far as Postern uses it.
import { ConsentService } from '@postern/proto/consent'
import { EventReceiverService } from '@postern/proto/events'
import { createEventSender } from '@postern/service/grpc/event-sender'
import { connectToService, type ConnectionOptions } from '@postern/service/grpc/service-client'
import { createConsentRecords, LONGEST_EXPORT } from './consents.js'

export type ConsentConnection = ReturnType<typeof openConsent>

interface Options extends Omit<ConnectionOptions, 'name'> {
  /** Characters of an export. */
  longestExport?: number
}

export function openConsent({ longestExport = LONGEST_EXPORT, ...options }: Options) {
  const connection = connectToService({ name: 'consent', ...options })
  const receiver = connection.rpcs(EventReceiverService)
  return {
    /** Hands events over. Can be repeated. */
    deliver: createEventSender('consent', (request) => receiver.deliver(request)),
    records: createConsentRecords(connection.rpcs(ConsentService), longestExport),
    isUp: () => connection.isUp(),
    close: () => connection.close(),
  }
}

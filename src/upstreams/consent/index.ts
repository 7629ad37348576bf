// The consent service, as far as Postern uses it.
import { ConsentService } from '@postern/proto/consent'
import { connectToService, type ConnectionOptions } from '@postern/service/grpc/service-client'
import { createConsentRecords } from './consents.js'

export type ConsentConnection = ReturnType<typeof openConsent>

export function openConsent(options: Omit<ConnectionOptions, 'name'>) {
  const connection = connectToService({ name: 'consent', ...options })
  return {
    records: createConsentRecords(connection.rpcs(ConsentService)),
    isUp: () => connection.isUp(),
    close: () => connection.close(),
  }
}

// The services that this one asks: whether a person wants marketing, and how to reach a user.
import { ConsentService } from '@postern/proto/consent'
import { DirectoryService } from '@postern/proto/directory'
import { EventReceiverService } from '@postern/proto/events'
import { ServiceError } from '@postern/service/errors'
import type { PostedEvent } from '@postern/service/events/event'
import type { Receipt } from '@postern/service/events/receiver'
import { createEventSender } from '@postern/service/grpc/event-sender'
import { connectToService } from '@postern/service/grpc/service-client'
import type { OpenParts } from '@postern/service/open-program'
import type { Config } from '../config/index.js'
import { type HasConsent, scopesFor } from '../deliveries/consent-check.js'

/** What the account service says about a user. */
export interface Contact {
  email: string
  emailVerified: boolean
  disabled: boolean
}

/** Null if there is no such user. Rejects if the account service can't be asked. */
export type ContactOf = (userId: string) => Promise<Contact | null>

export interface Upstreams {
  hasConsent: HasConsent
  contactOf: ContactOf
  /** Hands events over to the account service. Null without AUTH_GRPC_URL. */
  tellAccounts: ((events: readonly PostedEvent[]) => Promise<Receipt>) | null
  close: () => void
}

const MARKETING = 'notifications.marketing'

const unknown = (service: string, variable: string) => () =>
  Promise.reject(new Error(`there is no ${service} service to ask: ${variable} is not set`))

/** Without the URL of a service, nothing is known: what needs it waits. */
export function openUpstreams(
  config: Config,
  { breakers, tracing }: Pick<OpenParts<Config>, 'breakers' | 'tracing'>,
): Upstreams {
  const { SERVICE_KEY: key, AUTH_GRPC_URL, CONSENT_GRPC_URL } = config
  const connect = (name: string, address: Config['AUTH_GRPC_URL']) =>
    address && key ? connectToService({ name, address, key, tracing, breakers }) : null
  const [auth, consent] = [connect('auth', AUTH_GRPC_URL), connect('consent', CONSENT_GRPC_URL)]
  const directory = auth?.rpcs(DirectoryService)
  const consents = consent?.rpcs(ConsentService)
  const receiver = auth?.rpcs(EventReceiverService)

  return {
    hasConsent: consents
      ? async (userId, channel) =>
          (await consents.validateConsent({ userId, purpose: MARKETING, scopes: scopesFor(channel) })).valid
      : unknown('consent', 'CONSENT_GRPC_URL'),

    contactOf: directory
      ? async (userId) => {
          try {
            return await directory.getContact({ userId })
          } catch (error) {
            if (error instanceof ServiceError && error.code === 'NOT_FOUND') return null
            throw error
          }
        }
      : unknown('account', 'AUTH_GRPC_URL'),

    tellAccounts: receiver ? createEventSender('auth', (request) => receiver.deliver(request)) : null,

    close() {
      auth?.close()
      consent?.close()
    },
  }
}

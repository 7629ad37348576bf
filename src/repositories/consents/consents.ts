// What users have agreed to, as the consent service has it. Nothing is kept here: a consent may be withdrawn at any moment.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import {
  type Consent as ConsentMessage,
  type ConsentEvent as EventMessage,
  ConsentEventType,
  ConsentService,
  ConsentState,
  ExportFormat,
  type Purpose,
} from '@postern/proto/consent'
import type { CallerOptions, ServiceConnection } from '@postern/service/grpc/client'

export type State = 'GRANTED' | 'REVOKED' | 'EXPIRED'

/** What people can agree to. */
export type ConsentPurpose = Pick<
  Purpose,
  | 'name'
  | 'title'
  | 'text'
  | 'textVersion'
  | 'language'
  | 'scopes'
  | 'lifetimeDays'
  | 'data'
  | 'recipients'
  | 'storageLocations'
  | 'retention'
>

/** The consent of a user to a purpose. */
export interface Consent {
  id: string
  purpose: string
  scopes: string[]
  state: State
  valid: boolean
  textVersion: number
  language: string
  textOutdated: boolean
  grantedAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

export interface ConsentEvent {
  sequence: number
  type: State
  purpose: string
  scopes: string[]
  textVersion: number
  at: Date
  expiresAt: Date
  recordedBy: string
  source: string
  ipAddress: string | null
  userAgent: string | null
}

/** Where a person has agreed, or withdrawn. */
export interface CollectionPoint {
  ipAddress: string | null
  userAgent: string | null
}

export interface Grant {
  purpose: string
  textVersion: number
  language?: string | undefined
  /** Undefined: all of the purpose. */
  scopes?: readonly string[] | undefined
}

export interface ConsentExport {
  fileName: string
  mediaType: string
  content: string
}

/** In the consent service, where a person was asked. */
const SOURCE = 'account'

const EPOCH = new Date(0)
const timeOf = (time: Timestamp | undefined): Date => (time ? timestampDate(time) : EPOCH)

/** A state that this version does not know is none that could be relied on. */
const stateOf = (name: string | undefined): State => (name === 'GRANTED' || name === 'REVOKED' ? name : 'EXPIRED')

const consentOf = (message: ConsentMessage): Consent => ({
  id: message.id,
  purpose: message.purpose,
  scopes: message.scopes,
  state: stateOf(ConsentState[message.state]),
  valid: message.valid,
  textVersion: message.textVersion,
  language: message.language,
  textOutdated: message.textOutdated,
  grantedAt: timeOf(message.grantedAt),
  expiresAt: timeOf(message.expiresAt),
  revokedAt: message.revokedAt ? timestampDate(message.revokedAt) : null,
})

const eventOf = (message: EventMessage): ConsentEvent => ({
  sequence: Number(message.sequence),
  type: stateOf(ConsentEventType[message.type]),
  purpose: message.purpose,
  scopes: message.scopes,
  textVersion: message.textVersion,
  at: timeOf(message.at),
  expiresAt: timeOf(message.expiresAt),
  recordedBy: message.recordedBy,
  source: message.source,
  ipAddress: message.address ?? null,
  userAgent: message.userAgent ?? null,
})

export type ConsentRepository = ReturnType<typeof createConsentRepository>

/** Every call throws SERVICE_UNAVAILABLE with `retryAfter` while the consent service does not respond. */
export function createConsentRepository(connection: ServiceConnection) {
  const client = connection.clientOf(ConsentService)
  const pointOf = ({ ipAddress, userAgent }: CollectionPoint) => ({
    source: SOURCE,
    ...(ipAddress !== null && { address: ipAddress }),
    ...(userAgent !== null && { userAgent }),
  })

  return {
    /** In this language, if the texts have it. */
    async purposes(language: string | null, options: CallerOptions): Promise<ConsentPurpose[]> {
      const { purposes } = await client.listPurposes(language === null ? {} : { language }, options)
      return purposes
    },

    /** By purpose. */
    async list(userId: string, options: CallerOptions): Promise<Consent[]> {
      return (await client.listConsents({ userId }, options)).consents.map(consentOf)
    },

    /** Throws CONSENT_TEXT_OUTDATED, NOT_FOUND and INVALID_INPUT. */
    async grant(
      userId: string,
      { purpose, textVersion, language, scopes = [] }: Grant,
      point: CollectionPoint,
      options: CallerOptions,
    ): Promise<Consent> {
      const { consent } = await client.grantConsent(
        {
          ...{ userId, purpose, textVersion, scopes: [...scopes], collectionPoint: pointOf(point) },
          ...(language !== undefined && { language }),
        },
        options,
      )
      if (!consent) throw new Error('the consent service has granted no consent')
      return consentOf(consent)
    },

    /** Null if the user has never given it. Throws NOT_FOUND if there is no such purpose. */
    async revoke(
      userId: string,
      purpose: string,
      point: CollectionPoint,
      options: CallerOptions,
    ): Promise<Consent | null> {
      const { consents } = await client.revokeConsent({ userId, purpose, collectionPoint: pointOf(point) }, options)
      const [consent] = consents
      return consent ? consentOf(consent) : null
    },

    /** The newest first. `purpose`: null for all. */
    async history(
      userId: string,
      { purpose, size, after }: { purpose: string | null; size: number; after: string },
      options: CallerOptions,
    ): Promise<{ events: ConsentEvent[]; nextPage: string | null }> {
      const pagination = { pageSize: size, pageToken: after }
      const request = { userId, purpose: purpose ?? '', pagination }
      const { events, pagination: next } = await client.getConsentHistory(request, options)
      return { events: events.map(eventOf), nextPage: next?.nextPageToken ? next.nextPageToken : null }
    },

    /** All pages of the file. */
    async export(userId: string, format: 'JSON' | 'CSV', options: CallerOptions): Promise<ConsentExport> {
      const contents: string[] = []
      let pageToken = ''
      for (;;) {
        const page = await client.exportUserConsents({ userId, format: ExportFormat[format], pageToken }, options)
        contents.push(page.content)
        pageToken = page.nextPageToken
        if (pageToken === '') return { ...fileOf(page), content: contents.join('') }
      }
    },
  }
}

const fileOf = ({ fileName, contentType: mediaType }: { fileName: string; contentType: string }) => ({
  fileName,
  mediaType,
})

// What users have agreed to, as the consent service has it.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import {
  type Consent as ConsentMessage,
  type ConsentEvent as EventMessage,
  ConsentEventType,
  type ConsentService,
  ConsentState,
  ExportFormat,
  type Purpose,
} from '@postern/proto/consent'
import { ServiceError } from '@postern/service/errors'
import type { ServiceRpcs } from '@postern/service/grpc/service-client'
import type {
  CollectionPoint,
  Consent,
  ConsentEvent,
  ConsentPurpose,
  ConsentRecords,
  ConsentState as State,
} from '../../services/consents/index.js'

/** In the consent service, where a person was asked. */
const SOURCE = 'account'

/** Characters of an export, which a response has in memory: the history of someone who changes a consent every day for 30 years. */
export const LONGEST_EXPORT = 8 * 1024 * 1024

const TOO_LONG =
  'This history is too long for one response. Download it in parts, by GET /consents:export of the gateway or ExportUserConsents.'

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

const purposeOf = ({ $typeName: _, textHash: _hash, needsRenewal: _renewal, ...purpose }: Purpose): ConsentPurpose =>
  purpose

const pointOf = ({ ipAddress, userAgent }: CollectionPoint) => ({
  source: SOURCE,
  ...(ipAddress !== null && { address: ipAddress }),
  ...(userAgent !== null && { userAgent }),
})

export const createConsentRecords = (
  rpcs: ServiceRpcs<typeof ConsentService>,
  longestExport: number,
): ConsentRecords => ({
  async purposes(language, asking) {
    const { purposes } = await rpcs.listPurposes(language === null ? {} : { language }, asking)
    return purposes.map(purposeOf)
  },

  async list(userId, asking) {
    return (await rpcs.listConsents({ userId }, asking)).consents.map(consentOf)
  },

  async grant(userId, { purpose, textVersion, language, scopes = [] }, point, asking) {
    const request = {
      ...{ userId, purpose, textVersion, scopes: [...scopes], collectionPoint: pointOf(point) },
      ...(language !== undefined && { language }),
    }
    const { consent } = await rpcs.grantConsent(request, asking)
    if (!consent) throw new Error('the consent service has granted no consent')
    return consentOf(consent)
  },

  async revoke(userId, purpose, point, asking) {
    const { consents } = await rpcs.revokeConsent({ userId, purpose, collectionPoint: pointOf(point) }, asking)
    const [consent] = consents
    return consent ? consentOf(consent) : null
  },

  async history(userId, { purpose, size, after }, asking) {
    const request = { userId, purpose: purpose ?? '', pagination: { pageSize: size, pageToken: after } }
    const { events, pagination } = await rpcs.getConsentHistory(request, asking)
    const next = pagination?.nextPageToken ?? ''
    return { events: events.map(eventOf), nextPage: next === '' ? null : next }
  },

  async export(userId, format, asking) {
    const contents: string[] = []
    let length = 0
    let pageToken = ''
    for (;;) {
      const page = await rpcs.exportUserConsents({ userId, format: ExportFormat[format], pageToken }, asking)
      contents.push(page.content)
      length += page.content.length
      if (length > longestExport) throw new ServiceError('FORBIDDEN', { message: TOO_LONG })
      pageToken = page.nextPageToken
      const { fileName, contentType: mediaType } = page
      if (pageToken === '') return { fileName, mediaType, content: contents.join('') }
    }
  },
})

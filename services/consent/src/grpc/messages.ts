// Writes what the service knows as messages.
import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  ConsentEventType,
  type ConsentEventSchema,
  type ConsentSchema,
  ConsentState,
  InvalidConsentReason,
  type PurposeSchema,
  type ValidateConsentResponseSchema,
} from '@postern/proto/consent'
import { type ConsentRow, invalidReasonOf, isTextOutdated } from '../consents/consent.js'
import type { Entry } from '../history/entry.js'
import type { Catalog, PurposeView } from '../purposes/catalog.js'
import type { Purpose } from '../purposes/purpose.js'
import type { Answer } from '../validation/validation.js'

/** Null is absent. */
const maybe = <T>(value: T | null): T | undefined => value ?? undefined
const time = (value: Date | null) => (value === null ? undefined : timestampFromDate(value))
const copy = (items: readonly string[]): string[] => [...items]

export const writePurpose = (
  { scopes, data, recipients, storageLocations, retention, lifetimeDays, needsRenewal }: Purpose,
  { purpose: name, title, text, version, language, hash }: PurposeView,
): MessageInitShape<typeof PurposeSchema> => ({
  ...{ name, title, text, textVersion: version, language, textHash: hash, lifetimeDays, needsRenewal, retention },
  ...{ scopes: copy(scopes), data: copy(data), recipients: copy(recipients), storageLocations: copy(storageLocations) },
})

/** `now`: the database's time. A consent whose time is over has expired, recorded or not. */
export function writeConsent(consent: ConsentRow, now: Date, catalog: Catalog): MessageInitShape<typeof ConsentSchema> {
  const { id, userId, state, textVersion, language, textHash, grantedAt, expiresAt, revokedAt, jurisdiction } = consent
  const purpose = catalog.find(consent.purpose)
  const isOver = expiresAt <= now
  const current = state === 'GRANTED' && isOver ? 'EXPIRED' : state
  return {
    ...{ id, userId, purpose: consent.purpose, scopes: copy(consent.scopes), textVersion, language, textHash },
    ...{ state: ConsentState[current], jurisdiction: maybe(jurisdiction) },
    ...{ grantedAt: time(grantedAt), expiresAt: time(expiresAt), revokedAt: time(revokedAt) },
    textOutdated: isTextOutdated(consent, purpose),
    valid: purpose !== undefined && invalidReasonOf({ ...consent, isOver }, purpose, []) === null,
  }
}

export function writeEvent(entry: Entry): MessageInitShape<typeof ConsentEventSchema> {
  const { consentId, purpose, textVersion, language, textHash, recordedBy, source, controller, mac, details } = entry
  return {
    ...{ consentId, purpose, textVersion, language, textHash, recordedBy, source, controller, mac },
    ...{ sequence: BigInt(entry.sequence), type: ConsentEventType[entry.type], scopes: copy(entry.scopes) },
    ...{ at: time(entry.at), expiresAt: time(entry.expiresAt), jurisdiction: maybe(entry.jurisdiction) },
    ...{ address: maybe(details?.address ?? null), userAgent: maybe(details?.userAgent ?? null) },
    detailsErased: entry.commitment !== null && details === null,
  }
}

export function writeAnswer(answer: Answer): MessageInitShape<typeof ValidateConsentResponseSchema> {
  if (!answer.valid) return { valid: false, reason: InvalidConsentReason[answer.reason] }
  const { id: consentId, textVersion, expiresAt } = answer.consent
  return { valid: true, consentId, textVersion, textOutdated: answer.isTextOutdated, expiresAt: time(expiresAt) }
}

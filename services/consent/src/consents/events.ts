// The events that the service publishes.

/** Without addresses and user agents. The id of the user is the event's subject, so it is not repeated here. */
interface ConsentData {
  consentId: string
  purpose: string
  scopes: readonly string[]
  textVersion: number
  /** ISO 8601. */
  expiresAt: string
  /**
   * The place and the HMAC of its entry in the history. Whoever keeps them outside of the database can tell later that the
   * history was not shortened.
   */
  sequence: number
  mac: string
}

export interface EventData {
  'consent.granted': ConsentData
  'consent.revoked': ConsentData
  'consent.expired': ConsentData
}

export type ConsentEventType = keyof EventData

export const CONSENT_EVENT_TYPES = [
  'consent.granted',
  'consent.revoked',
  'consent.expired',
] as const satisfies readonly ConsentEventType[]

/** An event to be written. */
export interface NewConsentEvent {
  readonly type: ConsentEventType
  readonly data: ConsentData
}

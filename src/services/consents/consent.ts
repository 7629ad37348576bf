// What is known of consents, and what knows it: the consent service, through src/upstreams/consent/.

export type ConsentState = 'GRANTED' | 'REVOKED' | 'EXPIRED'

/** What people can agree to. */
export interface ConsentPurpose {
  name: string
  title: string
  text: string
  textVersion: number
  language: string
  scopes: string[]
  lifetimeDays: number
  data: string[]
  recipients: string[]
  storageLocations: string[]
  retention: string
}

/** The consent of a user to a purpose. */
export interface Consent {
  id: string
  purpose: string
  scopes: string[]
  state: ConsentState
  valid: boolean
  textVersion: number
  language: string
  textOutdated: boolean
  grantedAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

/** An entry of the history of a user. */
export interface ConsentEvent {
  sequence: number
  type: ConsentState
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
  readonly ipAddress: string | null
  readonly userAgent: string | null
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

export interface HistoryPage {
  /** Null for all. */
  purpose: string | null
  size: number
  /** Empty for the first page. */
  after: string
}

/** The request that asks. */
export interface Asking {
  readonly signal?: AbortSignal
  readonly requestId?: string
}

/** Nothing of it is kept: a consent may be withdrawn at any moment. Every call throws SERVICE_UNAVAILABLE in an outage. */
export interface ConsentRecords {
  /** In this language, if the texts have it. */
  purposes(language: string | null, asking: Asking): Promise<ConsentPurpose[]>
  /** By purpose: at most one for each. */
  list(userId: string, asking: Asking): Promise<Consent[]>
  /** Throws CONSENT_TEXT_OUTDATED, NOT_FOUND and INVALID_INPUT. */
  grant(userId: string, grant: Grant, point: CollectionPoint, asking: Asking): Promise<Consent>
  /** Null if the user has never given it. Throws NOT_FOUND if there is no such purpose. */
  revoke(userId: string, purpose: string, point: CollectionPoint, asking: Asking): Promise<Consent | null>
  /** The newest first. */
  history(
    userId: string,
    page: HistoryPage,
    asking: Asking,
  ): Promise<{ events: ConsentEvent[]; nextPage: string | null }>
  /** Throws FORBIDDEN if it is too long for one response. */
  export(userId: string, format: 'JSON' | 'CSV', asking: Asking): Promise<ConsentExport>
}

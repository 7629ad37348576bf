// An entry of the history: what happened to a consent, in the fields of ISO/IEC TS 27560.

/** The version of this form of an entry. It is part of what the chain covers. */
export const SCHEMA_VERSION = 1

export type EventType = 'GRANTED' | 'REVOKED' | 'EXPIRED'

/** Who decides about the processing, as it was when the entry was written. */
export interface Controller {
  readonly name: string
  readonly address: string
  readonly contact: string
}

/** What can identify the person, and is erased before the rest. */
export interface Details {
  readonly address: string | null
  readonly userAgent: string | null
}

export interface SaltedDetails extends Details {
  /** 32 hex characters. Erased with the details. */
  readonly salt: string
}

/** What the chain covers of an entry, besides its place. */
export interface EntryContent {
  readonly schemaVersion: number
  /** The record: one for each user and purpose. */
  readonly consentId: string
  readonly type: EventType
  readonly purpose: string
  /** Sorted. */
  readonly scopes: readonly string[]
  readonly textVersion: number
  readonly language: string
  readonly textHash: string
  /** The database's time. */
  readonly at: Date
  readonly expiresAt: Date
  /** `user`, `system`, or `service:<name>`. */
  readonly recordedBy: string
  /** Where the person was asked, or how it was withdrawn. */
  readonly source: string
  readonly jurisdiction: string | null
  readonly controller: Controller
  /** Of the details. Null if there never were any. */
  readonly commitment: string | null
}

/** The end of a chain, or of a part of it. Sequence 0 has an empty MAC. */
export interface ChainEnd {
  readonly sequence: number
  readonly mac: string
}

/** An entry as it is stored. */
export interface Entry extends EntryContent, ChainEnd {
  readonly keyId: string
  /** Null if there never were any, or if they were erased. */
  readonly details: SaltedDetails | null
}

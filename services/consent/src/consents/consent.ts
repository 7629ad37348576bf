// The consent of a user to a purpose, as it is now.
import type { Purpose } from '../purposes/purpose.js'

export type ConsentState = 'GRANTED' | 'REVOKED' | 'EXPIRED'

/** As the database has it. */
export interface ConsentRow {
  /** The record: the same for all consents of the user to the purpose. */
  readonly id: string
  readonly userId: string
  readonly purpose: string
  readonly state: ConsentState
  /** Sorted. */
  readonly scopes: readonly string[]
  readonly textVersion: number
  readonly language: string
  readonly textHash: string
  readonly grantedAt: Date
  readonly expiresAt: Date
  readonly revokedAt: Date | null
  readonly jurisdiction: string | null
  /** Of the last entry of the history about it. */
  readonly sequence: number
}

/** Why a consent is not valid. */
export type InvalidReason = 'NOT_GIVEN' | 'REVOKED' | 'EXPIRED' | 'TEXT_OUTDATED' | 'SCOPE_MISSING'

/** What decides whether a consent is valid. */
export interface ConsentFacts extends Pick<ConsentRow, 'state' | 'scopes' | 'textVersion'> {
  /** By the database's clock, when the row was read. */
  readonly isOver: boolean
}

export const isTextOutdated = ({ textVersion }: Pick<ConsentRow, 'textVersion'>, purpose: Purpose | undefined) =>
  purpose !== undefined && textVersion < purpose.version

/** Null if it is valid. `scopes` must all be part of it. */
export function invalidReasonOf(
  consent: ConsentFacts | undefined,
  purpose: Purpose,
  scopes: readonly string[],
): InvalidReason | null {
  if (!consent) return 'NOT_GIVEN'
  if (consent.state === 'REVOKED') return 'REVOKED'
  // The row says GRANTED until the job that records the end has found it.
  if (consent.state === 'EXPIRED' || consent.isOver) return 'EXPIRED'
  if (purpose.needsRenewal && isTextOutdated(consent, purpose)) return 'TEXT_OUTDATED'
  return scopes.every((scope) => consent.scopes.includes(scope)) ? null : 'SCOPE_MISSING'
}

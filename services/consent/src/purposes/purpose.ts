// A purpose: what can be agreed to, with the current version of its text in each language.
import { createHash } from 'node:crypto'

/** The text of one language. */
export interface PurposeText {
  readonly title: string
  readonly text: string
}

/** What a version says besides its text. */
export interface PurposeFacts {
  /** The parts that can be agreed to one by one, sorted. */
  readonly scopes: readonly string[]
  /** The kinds of personal data. */
  readonly data: readonly string[]
  /** Third parties that get them. */
  readonly recipients: readonly string[]
  readonly storageLocations: readonly string[]
  /** A sentence. */
  readonly retention: string
}

export interface Purpose extends PurposeFacts {
  readonly name: string
  readonly version: number
  /** By language. Has that of the deployment. */
  readonly texts: ReadonlyMap<string, PurposeText>
  readonly lifetimeDays: number
  /** Whether a consent to an earlier version is not valid. */
  readonly needsRenewal: boolean
}

/** One version of a purpose in one language, as it is released. */
export interface PurposeRelease extends PurposeText, PurposeFacts {
  readonly purpose: string
  readonly version: number
  readonly language: string
}

/** What was agreed to: SHA-256 in hex. JSON, so that no two releases have the same input. */
export function hashOf(release: PurposeRelease): string {
  const { purpose, version, language, title, text, scopes, data, recipients, storageLocations, retention } = release
  const covered = [purpose, version, language, title, text, scopes, data, recipients, storageLocations, retention]
  return createHash('sha256')
    .update(JSON.stringify(['postern consent text v1', ...covered]))
    .digest('hex')
}

export const releasesOf = ({ name, version, texts, ...facts }: Purpose): PurposeRelease[] =>
  [...texts].map(([language, { title, text }]) => ({
    ...{ purpose: name, version, language, title, text },
    ...{ scopes: facts.scopes, data: facts.data, recipients: facts.recipients },
    ...{ storageLocations: facts.storageLocations, retention: facts.retention },
  }))

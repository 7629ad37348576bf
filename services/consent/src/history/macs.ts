// What the HMACs of a history cover: an entry with all before it, and the head, which says where the history begins and ends.
import type { MacKeys } from '@postern/service/mac-keys'
import type { ChainEnd, EntryContent } from './entry.js'

/** Where the history of a user begins and ends, and how much of it was erased. */
export interface HeadContent {
  readonly userId: string
  /** The last entry. */
  readonly last: ChainEnd
  /** The last entry that was deleted because of its age. */
  readonly retired: ChainEnd
  /** Up to this entry, details were erased. */
  readonly erasedThrough: number
  /** When the user was deleted. Null while they exist. */
  readonly erasedAt: Date | null
}

/** MariaDB has times that are none, such as 0000-00-00. */
const timeOf = (time: Date | null): string | null =>
  time === null || Number.isNaN(time.getTime()) ? null : time.toISOString()

/** JSON, so that no two lists of values have the same text. */
const macOf = (keys: MacKeys, keyId: string, kind: string, values: readonly unknown[]): string | null =>
  keys.mac(keyId, JSON.stringify([`postern consent ${kind} v1`, keyId, ...values]))

const contentOf = (entry: EntryContent): readonly unknown[] => [
  ...[entry.schemaVersion, entry.consentId, entry.type, entry.purpose, entry.scopes],
  ...[entry.textVersion, entry.language, entry.textHash, timeOf(entry.at), timeOf(entry.expiresAt)],
  ...[entry.recordedBy, entry.source, entry.jurisdiction],
  ...[entry.controller.name, entry.controller.address, entry.controller.contact, entry.commitment],
]

/** An entry at its place: it covers the MAC before it, and so all entries before it. Null: unknown key. */
export const entryMac = (
  keys: MacKeys,
  keyId: string,
  userId: string,
  previous: ChainEnd,
  entry: EntryContent,
): string | null => macOf(keys, keyId, 'entry', [userId, previous.mac, previous.sequence + 1, ...contentOf(entry)])

/**
 * An entry behind a head that was not genuine. It can't be refused: whoever damages a head could then keep a person from
 * withdrawing. So it gets its place, where every verification finds it.
 */
export const damagedEntryMac = (
  keys: MacKeys,
  keyId: string,
  userId: string,
  previous: ChainEnd,
  entry: EntryContent,
): string | null => macOf(keys, keyId, 'entry after damage', [entryMac(keys, keyId, userId, previous, entry)])

/** Proves that the history has this beginning and this end. Null: unknown key. */
export const headMac = (
  keys: MacKeys,
  keyId: string,
  { userId, last, retired, erasedThrough, erasedAt }: HeadContent,
): string | null =>
  macOf(keys, keyId, 'head', [
    ...[userId, last.sequence, last.mac, retired.sequence, retired.mac],
    ...[erasedThrough, timeOf(erasedAt)],
  ])

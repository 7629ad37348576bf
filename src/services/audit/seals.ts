// What the HMACs of the audit log cover: of an entry when it is written, of one that is sealed, and of the anchor.
import type { ChainEnd, SealableEntry, UnsealedEntry } from '../../repositories/audit/chain.js'
import type { EntryContent } from '../../repositories/audit/entries.js'
import type { AuditKeys } from './keys.js'

const contentOf = ({ id, action, result, actor, actorId, accountId, facts, commitment }: EntryContent) => [
  ...[id, action, result, actor, actorId, accountId],
  ...[facts, commitment],
]

/** Of an entry that is written. Null: unknown key. */
export const writtenMac = (keys: AuditKeys, keyId: string, entry: EntryContent): string | null =>
  keys.mac(keyId, JSON.stringify(['postern audit written v1', keyId, ...contentOf(entry)]))

/** False if it was inserted, changed, or taken out of the chain by someone without the key. */
export const isGenuine = (keys: AuditKeys, entry: UnsealedEntry): boolean =>
  entry.keyId !== null && entry.mac !== null && writtenMac(keys, entry.keyId, entry) === entry.mac

/**
 * The seal of an entry that is not genuine. It can't be left out: anyone who can insert entries could stop the sealer with them.
 * So it gets its place in the chain, where everyone sees what it is.
 */
export const forgedSealOf = (keys: AuditKeys, keyId: string, previous: ChainEnd, entry: SealableEntry): string | null =>
  keys.mac(keyId, JSON.stringify(['postern audit forged entry v1', sealOf(keys, keyId, previous, entry)]))

/** An entry at its place in the chain: it covers the seal before it, and so all entries before it. Null: unknown key. */
export function sealOf(keys: AuditKeys, keyId: string, previous: ChainEnd, entry: SealableEntry): string | null {
  const { id, at, action, result, actor, actorId, accountId, facts, commitment } = entry
  const position = previous.position + 1
  // MariaDB has times that are none, such as 0000-00-00.
  const time = Number.isNaN(at.getTime()) ? null : at.toISOString()
  const content = [id, time, action, result, actor, actorId, accountId, facts, commitment]
  // JSON, so that no two lists of values have the same text.
  return keys.mac(keyId, JSON.stringify(['postern audit entry v1', keyId, previous.seal, position, ...content]))
}

/** Proves that the service deleted everything up to this entry because of its age. Null: unknown key. */
export const anchorMac = (keys: AuditKeys, keyId: string, { position, seal }: ChainEnd): string | null =>
  keys.mac(keyId, JSON.stringify(['postern audit anchor v1', keyId, position, seal]))

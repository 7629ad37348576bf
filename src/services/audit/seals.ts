// What the seals of the audit log cover.
import type { ChainEnd, SealableEntry } from '../../repositories/audit/chain.js'
import type { AuditKeys } from './keys.js'

/** An entry at its place in the chain: it covers the seal before it, and so all entries before it. Null: unknown key. */
export function sealOf(keys: AuditKeys, keyId: string, previous: ChainEnd, entry: SealableEntry): string | null {
  const { id, at, action, result, actor, actorId, accountId, facts, commitment } = entry
  const position = previous.position + 1
  const content = [id, at.toISOString(), action, result, actor, actorId, accountId, facts, commitment]
  // JSON, so that no two lists of values have the same text.
  return keys.mac(keyId, JSON.stringify(['postern audit entry v1', keyId, previous.seal, position, ...content]))
}

/** Proves that the service deleted everything up to this entry because of its age. Null: unknown key. */
export const anchorMac = (keys: AuditKeys, keyId: string, { position, seal }: ChainEnd): string | null =>
  keys.mac(keyId, JSON.stringify(['postern audit anchor v1', keyId, position, seal]))

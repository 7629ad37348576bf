// The keys with which the history was written. Without one of them, its entries can't be verified, and heads can't be continued.
import type { Read } from '@postern/service/database/reads'
import type { Write } from '@postern/service/database/writes'
import { ConfigError } from '@postern/service/config-error'
import type { MacKeys } from '@postern/service/mac-keys'

/** At the start. Throws a ConfigError if a key is missing. */
export async function checkUsedKeys(read: Read, write: Write, keys: MacKeys): Promise<void> {
  const rows = await read<{ keyId: string }>('SELECT key_id AS keyId FROM consent_keys', [])
  const missing = rows.map(({ keyId }) => keyId).filter((keyId) => !keys.ids.includes(keyId))
  if (missing.length > 0)
    throw new ConfigError(
      `The history of consents was written with keys that are not configured (${missing.join(', ')}). Add them to CONSENT_KEY_PREVIOUS.`,
    )
  await write('INSERT IGNORE INTO consent_keys (key_id, first_used_at) VALUES (?, UTC_TIMESTAMP(3))', [keys.currentId])
}

/** Keys so old that a later one is older than the retention: only entries that a granted consent rests on can be by them. */
const OLD = `SELECT k.key_id AS keyId FROM consent_keys k WHERE k.key_id <> ? AND EXISTS (
    SELECT 1 FROM consent_keys n WHERE n.first_used_at > k.first_used_at AND n.first_used_at < UTC_TIMESTAMP(3) - INTERVAL ? YEAR)`

const FORGET = `DELETE FROM consent_keys WHERE key_id = ?
  AND NOT EXISTS (SELECT 1 FROM consent_chains c WHERE c.key_id = ?)
  AND NOT EXISTS (SELECT 1 FROM consent_history e WHERE e.key_id = ?)`

/** Forgets keys by which nothing is left, after the retention: they need not be configured any more. Returns how many. */
export const createKeyRetirement =
  (read: Read, write: Write, { currentId }: MacKeys, years: number) =>
  async (): Promise<number> => {
    let forgotten = 0
    for (const { keyId } of await read<{ keyId: string }>(OLD, [currentId, years]))
      forgotten += await write(FORGET, [keyId, keyId, keyId])
    return forgotten
  }

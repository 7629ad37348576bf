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

// The keys that seal the audit log. Each seal names its key, so that keys can be rotated.
import { createHash, createHmac } from 'node:crypto'

const KEY_ID_LENGTH = 8

export interface AuditKeys {
  /** Of the key that seals from now on. */
  readonly currentId: string
  /** Of all keys that are known. */
  readonly ids: readonly string[]
  /** The HMAC of a text, in hex. Null if the key is unknown. */
  mac(keyId: string, text: string): string | null
  /** The HMAC of a name that was typed. Differs from those of seals. */
  nameMac(name: string): string
}

const idOf = (key: string): string =>
  createHash('sha256').update(`postern audit key id v1\n${key}`).digest('hex').slice(0, KEY_ID_LENGTH)

const hmac = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('hex')

/** `previous` only verify. */
export function createAuditKeys(current: string, previous: readonly string[]): AuditKeys {
  const keys = new Map([...previous, current].map((key) => [idOf(key), key]))
  return {
    currentId: idOf(current),
    ids: [...keys.keys()],
    mac(keyId, text) {
      const key = keys.get(keyId)
      return key === undefined ? null : hmac(key, text)
    },
    nameMac: (name) => hmac(current, `postern audit name v1\n${name}`),
  }
}

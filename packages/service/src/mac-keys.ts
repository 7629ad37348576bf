// Keys for HMACs that are kept: each HMAC names its key, so that keys can be rotated.
import { createHash, createHmac } from 'node:crypto'

const KEY_ID_LENGTH = 8

export interface MacKeys {
  /** Of the key for new HMACs. */
  readonly currentId: string
  /** Of all keys that are known. */
  readonly ids: readonly string[]
  /** The HMAC of a text, in hex. Null if the key is unknown. */
  mac(keyId: string, text: string): string | null
}

/** `subject` keeps the ids of one key apart that is used for two subjects. `previous` only verify. */
export function createMacKeys(subject: string, current: string, previous: readonly string[]): MacKeys {
  const idOf = (key: string): string =>
    createHash('sha256').update(`postern ${subject} key id v1\n${key}`).digest('hex').slice(0, KEY_ID_LENGTH)
  const keys = new Map([...previous, current].map((key) => [idOf(key), key]))
  return {
    currentId: idOf(current),
    ids: [...keys.keys()],
    mac(keyId, text) {
      const key = keys.get(keyId)
      return key === undefined ? null : createHmac('sha256', key).update(text).digest('hex')
    },
  }
}

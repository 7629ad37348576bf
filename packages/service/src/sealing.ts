// Encrypts what must be read again, with AES-256-GCM, and derives the keys for it.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

const KEY_ID_LENGTH = 8

const derive = (secret: string, label: string): Buffer => createHmac('sha256', secret).update(label).digest()

/**
 * Derives 32 bytes from a secret. Each `label` gives another key. Returns a KeyObject: with a Buffer as the key, node:crypto takes
 * several times as long.
 */
export const deriveKey = (secret: string, label: string): KeyObject => createSecretKey(derive(secret, label))

/** The same as text, from which more keys are derived. */
export const deriveSecret = (secret: string, label: string): string => derive(secret, label).toString('hex')

/** `owner`: what it belongs to, such as the id of a row. It can't be opened for another one. */
export function seal(key: KeyObject, content: Uint8Array, owner: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner))
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted])
}

/** Null if it was sealed with another key or for another owner, or was changed. */
export function unseal(key: KeyObject, sealed: Uint8Array, owner: string): Buffer | null {
  if (sealed.length < IV_BYTES + TAG_BYTES) return null
  const [iv, tag] = [sealed.subarray(0, IV_BYTES), sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)]
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(owner)).setAuthTag(tag)
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
  } catch {
    return null
  }
}

/** Seals text with the newest of several keys, and opens what any of them has sealed. */
export interface KeyRing {
  /** The id of the key, a dot, and what was sealed, in base64url. */
  seal(content: Uint8Array, owner: string): string
  /** Null if the key is unknown, or if something else has changed what is stored. */
  open(sealed: string, owner: string): Buffer | null
}

/** `label` names what the keys are for: others that follow from the same secret are different. */
export function createKeyRing(label: string, current: string, previous: readonly string[]): KeyRing {
  const idOf = (secret: string): string =>
    createHash('sha256').update(`${label} id\n${secret}`).digest('hex').slice(0, KEY_ID_LENGTH)
  const keys = new Map([...previous, current].map((secret) => [idOf(secret), deriveKey(secret, label)]))
  const [id, key] = [idOf(current), deriveKey(current, label)]
  return {
    seal: (content, owner) => `${id}.${seal(key, content, owner).toString('base64url')}`,
    open(sealed, owner) {
      const [keyId = '', content = ''] = sealed.split('.')
      const known = keys.get(keyId)
      return known ? unseal(known, Buffer.from(content, 'base64url'), owner) : null
    },
  }
}

// Encrypts what must be read again, with AES-256-GCM, and derives the keys for it.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16

/** 32 bytes that follow from a secret. Each `label` gives another key. */
export const deriveKey = (secret: string, label: string): Buffer => createHmac('sha256', secret).update(label).digest()

/** `key`: 32 bytes. `owner`: what it belongs to, such as the id of a row. It can't be opened for another one. */
export function seal(key: Uint8Array, content: Uint8Array, owner: string): Buffer {
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner))
  const encrypted = Buffer.concat([cipher.update(content), cipher.final()])
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted])
}

/** Null if it was sealed with another key or for another owner, or was changed. */
export function unseal(key: Uint8Array, sealed: Uint8Array, owner: string): Buffer | null {
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

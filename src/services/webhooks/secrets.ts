// The secrets of webhooks: created here, stored encrypted, and shown once.
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import type { SealedSecret } from '../../repositories/webhooks/endpoints.js'

/** Standard Webhooks wants 24 to 64. */
const SECRET_BYTES = 32

const CIPHER = 'aes-256-gcm'
const IV_BYTES = 12
const TAG_BYTES = 16
const KEY_ID_LENGTH = 8

export interface SecretVault {
  /** `endpointId`: the webhook that it belongs to. It can't be opened for another one. */
  seal(secret: Uint8Array, endpointId: string): SealedSecret
  /** Null if the key is unknown, or if something else has changed what is stored. */
  open(sealed: SealedSecret, endpointId: string): Uint8Array | null
}

export const newSecret = (): Uint8Array => randomBytes(SECRET_BYTES)

/** As receivers have it, in the form of Standard Webhooks. */
export const secretText = (secret: Uint8Array): string => `whsec_${Buffer.from(secret).toString('base64')}`

const idOf = (key: string): string =>
  createHash('sha256').update(`postern webhook key id v1\n${key}`).digest('hex').slice(0, KEY_ID_LENGTH)

const encryptionKey = (key: string): Buffer => createHmac('sha256', key).update('postern webhook secret v1').digest()

/** `previous` only open. */
export function createSecretVault(current: string, previous: readonly string[]): SecretVault {
  const keys = new Map([...previous, current].map((key) => [idOf(key), encryptionKey(key)]))
  const keyId = idOf(current)
  const currentKey = encryptionKey(current)

  return {
    seal(secret, endpointId) {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, currentKey, iv, { authTagLength: TAG_BYTES }).setAAD(
        Buffer.from(endpointId),
      )
      const encrypted = Buffer.concat([cipher.update(secret), cipher.final()])
      return { keyId, sealed: Buffer.concat([iv, cipher.getAuthTag(), encrypted]) }
    },

    open({ keyId: id, sealed }, endpointId) {
      const key = keys.get(id)
      const bytes = Buffer.from(sealed)
      if (!key || bytes.length <= IV_BYTES + TAG_BYTES) return null
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(endpointId))
        .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
      try {
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()])
      } catch {
        return null
      }
    },
  }
}

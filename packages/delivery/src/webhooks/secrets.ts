// The secrets of webhooks: created here, stored encrypted, and shown once.
import { createHash, randomBytes } from 'node:crypto'
import { deriveKey, seal, unseal } from '@postern/service/sealing'
import type { SealedSecret } from './tables/endpoints.js'

/** Standard Webhooks wants 24 to 64. */
const SECRET_BYTES = 32

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

const encryptionKey = (key: string) => deriveKey(key, 'postern webhook secret v1')

/** `previous` only open. */
export function createSecretVault(current: string, previous: readonly string[]): SecretVault {
  const keys = new Map([...previous, current].map((key) => [idOf(key), encryptionKey(key)]))
  const keyId = idOf(current)
  const currentKey = encryptionKey(current)

  return {
    seal: (secret, endpointId) => ({ keyId, sealed: seal(currentKey, secret, endpointId) }),
    open({ keyId: id, sealed }, endpointId) {
      const key = keys.get(id)
      return key ? unseal(key, sealed, endpointId) : null
    },
  }
}

// The secrets of a stream: the token of its receiver, and the Authorization header of its pushes.
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const TOKEN = /^ssf_[\w-]{43}$/
const IV_BYTES = 12
const TAG_BYTES = 16

export const newToken = (): string => `ssf_${randomBytes(32).toString('base64url')}`

/** Without a salt: a token has 256 random bits. Null for text that is no token. */
export const hashOfToken = (token: string): string | null =>
  TOKEN.test(token) ? createHash('sha256').update(token).digest('hex') : null

export type HeaderSeal = ReturnType<typeof createHeaderSeal>

/** Encrypts headers with AES-256-GCM. `key` has 32 bytes. A sealed header can only be opened for its own stream. */
export function createHeaderSeal(key: Uint8Array) {
  return {
    seal(header: string, streamId: string): Uint8Array {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(streamId))
      const text = Buffer.concat([cipher.update(header, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), text])
    },

    /** Null if it was sealed with another key. */
    open(sealed: Uint8Array, streamId: string): string | null {
      const [iv, rest] = [sealed.subarray(0, IV_BYTES), sealed.subarray(IV_BYTES)]
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
        decipher.setAAD(Buffer.from(streamId)).setAuthTag(rest.subarray(0, TAG_BYTES))
        return Buffer.concat([decipher.update(rest.subarray(TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch {
        return null
      }
    },
  }
}

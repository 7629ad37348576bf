// The secrets of a stream: the token of its receiver, and the Authorization header of its pushes.
import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import { seal, unseal } from '@postern/service/sealing'

const TOKEN = /^ssf_[\w-]{43}$/

export const newToken = (): string => `ssf_${randomBytes(32).toString('base64url')}`

/** Without a salt: a token has 256 random bits. Null for text that is no token. */
export const hashOfToken = (token: string): string | null =>
  TOKEN.test(token) ? createHash('sha256').update(token).digest('hex') : null

export type HeaderSeal = ReturnType<typeof createHeaderSeal>

/** Encrypts headers. A sealed header can only be opened for its own stream. */
export const createHeaderSeal = (key: KeyObject) => ({
  seal: (header: string, streamId: string): Uint8Array => seal(key, Buffer.from(header), streamId),
  /** Null if it was sealed with another key. */
  open: (sealed: Uint8Array, streamId: string): string | null =>
    unseal(key, sealed, streamId)?.toString('utf8') ?? null,
})

// Encrypts a push message for one browser (RFC 8291): the push service, which passes it on, can't read it.
import { createCipheriv, createECDH, hkdfSync, randomBytes } from 'node:crypto'

const CURVE = 'prime256v1'
const CIPHER = 'aes-128-gcm'

/** An uncompressed point of P-256. */
const PUBLIC_KEY_BYTES = 65
export const AUTH_BYTES = 16

const SALT_BYTES = 16
const TAG_BYTES = 16

/** Push services need not accept more (RFC 8291, section 4): one record, with its header. */
const RECORD_BYTES = 4096
const HEADER_BYTES = SALT_BYTES + 4 + 1 + PUBLIC_KEY_BYTES
/** Ends the content of the last record. */
const LAST_RECORD = 2

/** The longest message, in bytes. */
export const MAX_MESSAGE_BYTES = RECORD_BYTES - HEADER_BYTES - TAG_BYTES - 1

/** The keys of a subscription. */
export interface SubscriptionKeys {
  /** The public key of the browser. */
  p256dh: Uint8Array
  auth: Uint8Array
}

/** What is new for each message. Only tests choose it. */
interface Fresh {
  /** A private key of P-256. */
  privateKey?: Uint8Array
  salt?: Uint8Array
}

const derive = (key: Uint8Array, salt: Uint8Array, info: string | Uint8Array, bytes: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, info, bytes))

/** Whether it is a point of the curve: anything else would make every encryption fail. */
export function isPublicKey(key: Uint8Array): boolean {
  if (key.length !== PUBLIC_KEY_BYTES) return false
  const ecdh = createECDH(CURVE)
  ecdh.generateKeys()
  try {
    ecdh.computeSecret(key)
    return true
  } catch {
    return false
  }
}

/** The body of the request, with the content encoding `aes128gcm` (RFC 8188). `message` has at most MAX_MESSAGE_BYTES. */
export function encrypt(message: Uint8Array, { p256dh, auth }: SubscriptionKeys, fresh: Fresh = {}): Buffer {
  if (message.length > MAX_MESSAGE_BYTES) throw new RangeError(`a push message has at most ${MAX_MESSAGE_BYTES} bytes`)
  const sender = createECDH(CURVE)
  if (fresh.privateKey) sender.setPrivateKey(fresh.privateKey)
  else sender.generateKeys()
  const [publicKey, salt] = [sender.getPublicKey(), fresh.salt ?? randomBytes(SALT_BYTES)]

  const context = Buffer.concat([Buffer.from('WebPush: info\0'), p256dh, publicKey])
  const secret = derive(sender.computeSecret(p256dh), auth, context, 32)
  const key = derive(secret, salt, 'Content-Encoding: aes128gcm\0', 16)
  const nonce = derive(secret, salt, 'Content-Encoding: nonce\0', 12)

  const cipher = createCipheriv(CIPHER, key, nonce)
  const record = [cipher.update(message), cipher.update(Uint8Array.of(LAST_RECORD)), cipher.final()]
  const size = Buffer.alloc(5)
  size.writeUInt32BE(RECORD_BYTES)
  size.writeUInt8(PUBLIC_KEY_BYTES, 4)
  return Buffer.concat([salt, size, publicKey, ...record, cipher.getAuthTag()])
}

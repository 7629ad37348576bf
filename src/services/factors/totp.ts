// Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, 6 digits and 30 seconds, which every app knows.
import { createHmac, createSecretKey } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'

const PERIOD_SECONDS = 30
const SECRET_BYTES = 20

/** A code is accepted one step early or late: phones' clocks differ, and typing takes time. */
const WINDOW = 1

const COMMON = { algorithm: 'SHA1', digits: 6 }

/** In base32, as apps take it. 160 bits: as many as the HMAC has (RFC 4226 section 4). */
export const newTotpSecret = (): string => new Secret({ size: SECRET_BYTES }).base32

/** What the QR code says. */
export const totpUri = (secret: string, { issuer, label }: { issuer: string; label: string }): string =>
  new TOTP({ ...COMMON, period: PERIOD_SECONDS, issuer, label, secret: Secret.fromBase32(secret) }).toString()

/** The beginning of the time step that a code is for. Null if it is for none around now. */
export function stepOfCode(secret: string, code: string, now: Date): Date | null {
  const timestamp = now.getTime()
  const decoded = Secret.fromBase32(secret)
  const key = createSecretKey(decoded.bytes)
  // With the bytes as the key, node:crypto needs several times as long for each of the steps.
  const hmac = (_algorithm: string, _key: Uint8Array, message: Uint8Array) =>
    createHmac('sha1', key).update(message).digest()
  const options = { ...COMMON, period: PERIOD_SECONDS, timestamp, window: WINDOW, hmac }
  const delta = TOTP.validate({ ...options, token: code, secret: decoded })
  if (delta === null) return null
  const periodMs = PERIOD_SECONDS * 1000
  return new Date((Math.floor(timestamp / periodMs) + delta) * periodMs)
}

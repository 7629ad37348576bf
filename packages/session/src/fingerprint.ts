// Maps ids to 128-bit fingerprints, which the revocation table stores.
/* eslint-disable @typescript-eslint/no-non-null-assertion -- Every index here is in range by its arithmetic. */
import { createHash } from 'node:crypto'

/** What a revocation can apply to. */
export type Subject = 'token' | 'session' | 'user'

/** Distinguishes a token, a session and a user that have the same id. */
const MARKS = { token: 0, session: 0x5bd1e995, user: 0x9e3779b9 }

/**
 * Writes a 128-bit fingerprint of an id into `words`. A UUID in lower case, as Postern issues them, is its own
 * fingerprint. For any other text it is the beginning of the SHA-256. Ids come from signed tokens and signed entries, so
 * an attacker can't choose them.
 */
export function fingerprint(subject: Subject, id: string, words: Int32Array): void {
  if (!readUuid(id, words)) {
    const digest = createHash('sha256').update(id).digest()
    for (let i = 0; i < 4; i++) words[i] = digest.readInt32BE(i * 4)
  }
  words[0]! ^= MARKS[subject]
}

/** The value of each hexadecimal digit by character code, and -1 for other characters. */
const DIGITS = Int8Array.from({ length: 256 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)))

/** Reading bytes from a buffer is several times faster than `charCodeAt`. It has one byte more than a UUID. */
const bytes = Buffer.alloc(37)

function readUuid(id: string, words: Int32Array): boolean {
  if (id.length !== 36 || bytes.write(id) !== 36) return false
  let digits = 0
  let word = 0
  for (let at = 0; at < 36; at++) {
    const digit = DIGITS[bytes[at]!]!
    if (digit >= 0) {
      word = (word << 4) | digit
      if ((++digits & 7) === 0) words[(digits >>> 3) - 1] = word
    } else if (bytes[at] !== 45 || (at !== 8 && at !== 13 && at !== 18 && at !== 23)) return false
  }
  return digits === 32
}

// The form of invitation codes: 80 bits that people can type.
import { createHmac, randomBytes } from 'node:crypto'
import { deriveKey } from '@postern/service/sealing'

/** Crockford's base 32: without I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 16

/** Such as `K7QF-2M9X-41ZT-8RDN`. Each byte chooses one of 32 characters evenly. */
function codeFrom(bytes: Uint8Array): string {
  const characters = Array.from(bytes.subarray(0, LENGTH), (byte) => ALPHABET[byte % ALPHABET.length])
  return characters.join('').replace(/.{4}(?=.)/g, '$&-')
}

export const randomInvitationCode = (): string => codeFrom(randomBytes(LENGTH))

/** The code in the mail that an event causes. A repeated mail repeats it. */
export function createInvitationCodeOf(refreshKey: string): (eventId: string) => string {
  const key = deriveKey(refreshKey, 'postern invitation key v1')
  return (eventId) => codeFrom(createHmac('sha256', key).update(eventId).digest())
}

/** What is hashed: people leave out dashes, and take one letter for another. */
export const normalizeInvitationCode = (text: string): string =>
  text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')

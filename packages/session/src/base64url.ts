// Checks, decodes and encodes the parts of tokens.

/**
 * Whether a text is canonical unpadded base64url (RFC 4648 section 5, RFC 7515 section 2). Decoders ignore the spare bits
 * of the last character, so without this check a token could be written in several ways.
 */
export function isCanonical(text: string): boolean {
  if (!/^[\w-]+$/.test(text)) return false
  const rest = text.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  return (rest === 2 ? 'AQgw' : 'AEIMQUYcgkosw048').includes(text.charAt(text.length - 1))
}

/** Decodes a canonical text where there is no Buffer. */
export const decodeBase64url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) => character.charCodeAt(0))

/** Encodes short texts, such as hashes, where there is no Buffer. */
export const encodeBase64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')

/**
 * Whether a text is the one and only unpadded base64url spelling (RFC 4648 section 5, RFC 7515 section 2) of its
 * bytes. Decoders ignore spare bits in the last character, so without this one token could be written in many ways.
 */
export function isCanonical(text: string): boolean {
  if (!/^[\w-]+$/.test(text)) return false
  const rest = text.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  return (rest === 2 ? 'AQgw' : 'AEIMQUYcgkosw048').includes(text.charAt(text.length - 1))
}

// Signs Security Event Tokens (RFC 8417).
import jwt from 'jsonwebtoken'
import type { SigningKeys } from './signing-keys.js'

/** The type keeps validators of access tokens from accepting one (RFC 8417 section 2.3). */
const typ = 'secevent+jwt'

/** `now` selects the key. The token has no `exp`, as Shared Signals demand. */
export function signSecurityEvent(keys: SigningKeys, claims: Record<string, unknown>, now: Date): string {
  const { kid, privateKey } = keys.signer(now)
  return jwt.sign(claims, privateKey, { algorithm: 'ES256', header: { alg: 'ES256', typ, kid } })
}

// Decrypts PASETO v4.local tokens.
import { decrypt } from 'paseto-ts/v4'
import { isCanonical } from './base64url.js'
import { PASETO_PREFIX } from './compact-jwt.js'
import { SessionError } from './errors.js'

// paseto-ts is an ES module only, which not every Node.js can require(). So the CommonJS build bundles it.

/**
 * Decrypts PASETO v4.local tokens without footer and returns their payload, with the RFC 3339 times as Unix seconds. The
 * same checks then follow as for a JWT. They include the times, because the library knows no clock skew.
 */
export function createPasetoReader(keys: readonly Buffer[]): (token: string) => unknown {
  const locals = keys.map((key) => new Uint8Array(Buffer.concat([Buffer.from('k4.local.'), key])))

  return (token) => {
    if (locals.length === 0) throw new SessionError('wrong_algorithm')
    if (!isCanonical(token.slice(PASETO_PREFIX.length))) throw new SessionError('malformed_token')
    for (const key of locals) {
      const payload = open(key, token)
      if (payload)
        return { ...payload, iat: seconds(payload['iat']), nbf: seconds(payload['nbf']), exp: seconds(payload['exp']) }
    }
    throw new SessionError('bad_signature')
  }
}

function open(key: Uint8Array, token: string): Record<string, unknown> | null {
  try {
    return decrypt(key, token, { validatePayload: false, maxDepth: 4, maxKeys: 32 }).payload
  } catch {
    return null
  }
}

function seconds(time: unknown): number {
  const rfc3339 = typeof time === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(time)
  return rfc3339 ? Math.floor(Date.parse(time) / 1000) : Number.NaN
}

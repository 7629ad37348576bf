// Verifies the signature of JWTs.
import jwa from 'jwa'
import { checkSignatureLength, parsePart, readHeader, splitToken, type Algorithm, type Header } from './compact-jwt.js'
import { SessionError } from './errors.js'
import type { KeySource, VerificationKey } from './keys.js'

const ALGORITHMS = { HS256: jwa('HS256'), ES256: jwa('ES256') }

/** Far more headers than a deployment has keys. */
const MAX_CACHED_HEADERS = 64

/** A signed payload and the key that signed it. */
export interface Signed {
  readonly payload: unknown
  readonly key: VerificationKey
}

/**
 * Verifies the signature of JWTs in compact form (RFC 7515) and returns their payload.
 *
 * The header only selects one of the configured keys, and each key verifies one algorithm.
 */
export function createJwtReader(keys: KeySource): (token: string) => Signed {
  // All tokens of one key have the same header. Only headers of tokens with a valid signature are cached.
  const known = new Map<string, Header>()

  return (token) => {
    const parts = splitToken(token)
    const { head, body, signature, input } = parts
    const header = known.get(head) ?? readHeader(parse(head))
    checkSignatureLength(header, parts)
    const { algorithm, kid } = header
    const key = keys.find(algorithm, kid).find((candidate) => isSignedBy(candidate, algorithm, input, signature))
    if (!key) throw new SessionError('bad_signature')
    if (known.size < MAX_CACHED_HEADERS) known.set(head, header)
    return { payload: parse(body), key }
  }
}

function isSignedBy(candidate: VerificationKey, algorithm: Algorithm, input: string, signature: string): boolean {
  if (candidate.algorithm !== algorithm) return false
  try {
    // The types of jwa allow only text. It accepts a KeyObject too, which is several times faster.
    return ALGORITHMS[algorithm].verify(input, signature, candidate.key as never)
  } catch {
    return false
  }
}

const parse = (segment: string): unknown => parsePart(Buffer.from(segment, 'base64url').toString())

// Verifies the signature of JWTs.
import jwa from 'jwa'
import { isCanonical } from './base64url.js'
import { SessionError } from './errors.js'
import { KID, type KeySource, type VerificationKey } from './keys.js'

interface Header {
  readonly algorithm: 'HS256' | 'ES256'
  readonly kid: string | undefined
}

const ALGORITHMS = { HS256: jwa('HS256'), ES256: jwa('ES256') }

/** The length of each algorithm's signature in base64url characters. Other encodings, such as DER, have another length. */
const SIGNATURE_LENGTH = { HS256: 43, ES256: 86 }

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
 * The header only selects one of the configured keys. Each key verifies one algorithm, and a header with anything besides
 * `alg`, `typ` and `kid` (`jku`, `jwk`, `x5u`, `crit` …) is refused.
 */
export function createJwtReader(keys: KeySource): (token: string) => Signed {
  // All tokens of one key have the same header. Only headers of tokens with a valid signature are cached.
  const known = new Map<string, Header>()

  return (token) => {
    const first = token.indexOf('.')
    const last = token.lastIndexOf('.')
    const [head, body, signature] = [token.slice(0, first), token.slice(first + 1, last), token.slice(last + 1)]
    // Another dot would be in the middle part, which is then no base64url.
    if (first < 0 || first === last || ![head, body, signature].every(isCanonical))
      throw new SessionError('malformed_token')
    const header = known.get(head) ?? readHeader(head)
    const { algorithm, kid } = header
    if (signature.length !== SIGNATURE_LENGTH[algorithm]) throw new SessionError('bad_signature')
    const input = token.slice(0, last)
    const key = keys.find(algorithm, kid).find((candidate) => isSignedBy(candidate, algorithm, input, signature))
    if (!key) throw new SessionError('bad_signature')
    if (known.size < MAX_CACHED_HEADERS) known.set(head, header)
    return { payload: parse(body), key }
  }
}

function readHeader(head: string): Header {
  const header = parse(head)
  if (typeof header !== 'object' || header === null) throw new SessionError('malformed_token')
  const { alg, typ, kid, ...others } = header as Record<string, unknown>
  if (alg !== 'HS256' && alg !== 'ES256') throw new SessionError('wrong_algorithm')
  // RFC 9068 section 4 allows both spellings, in any case.
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) throw new SessionError('malformed_token')
  if (Object.keys(others).length > 0) throw new SessionError('malformed_token')
  if (kid !== undefined && (typeof kid !== 'string' || !KID.test(kid))) throw new SessionError('malformed_token')
  return { algorithm: alg, kid }
}

function isSignedBy(
  candidate: VerificationKey,
  algorithm: Header['algorithm'],
  input: string,
  signature: string,
): boolean {
  if (candidate.algorithm !== algorithm) return false
  try {
    // The types of jwa allow only text. It accepts a KeyObject too, which is several times faster.
    return ALGORITHMS[algorithm].verify(input, signature, candidate.key as never)
  } catch {
    return false
  }
}

function parse(segment: string): unknown {
  try {
    return JSON.parse(Buffer.from(segment, 'base64url').toString())
  } catch {
    throw new SessionError('malformed_token')
  }
}

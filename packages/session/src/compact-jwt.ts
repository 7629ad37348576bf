// The form of a token: what is checked before its signature, in every runtime.
import { isCanonical } from './base64url.js'
import { SessionError } from './errors.js'
import { KID } from './jwk.js'

export type Algorithm = 'HS256' | 'ES256'

/** The header of a token, as far as it selects a key. */
export interface Header {
  readonly algorithm: Algorithm
  readonly kid: string | undefined
}

/** The parts of a JWT in compact form (RFC 7515), all of them base64url. */
export interface CompactJwt {
  readonly head: string
  readonly body: string
  readonly signature: string
  /** What is signed: head and body. */
  readonly input: string
}

/** The beginning of every PASETO v4.local token. */
export const PASETO_PREFIX = 'v4.local.'

/** In characters. Postern's own tokens have about 450. */
const MAX_TOKEN_LENGTH = 8192

/** The length of each algorithm's signature in base64url characters. Other encodings, such as DER, have another length. */
const SIGNATURE_LENGTH = { HS256: 43, ES256: 86 }

/** Refuses what can't be a token before it is read. */
export function assertToken(token: unknown): asserts token is string {
  if (typeof token !== 'string' || token === '') throw new SessionError('missing_token')
  if (token.length > MAX_TOKEN_LENGTH) throw new SessionError('malformed_token')
}

export function splitToken(token: string): CompactJwt {
  const first = token.indexOf('.')
  const last = token.lastIndexOf('.')
  const [head, body, signature] = [token.slice(0, first), token.slice(first + 1, last), token.slice(last + 1)]
  // Another dot would be in the middle part, which is then no base64url.
  if (first < 0 || first === last || ![head, body, signature].every(isCanonical))
    throw new SessionError('malformed_token')
  return { head, body, signature, input: token.slice(0, last) }
}

/**
 * Reads a parsed header. It only selects one of the configured keys: a header with anything besides `alg`, `typ` and `kid`
 * (`jku`, `jwk`, `x5u`, `crit` …) is refused.
 */
export function readHeader(header: unknown): Header {
  if (typeof header !== 'object' || header === null) throw new SessionError('malformed_token')
  const { alg, typ, kid, ...others } = header as Record<string, unknown>
  if (alg !== 'HS256' && alg !== 'ES256') throw new SessionError('wrong_algorithm')
  // RFC 9068 section 4 allows both spellings, in any case.
  if (typeof typ !== 'string' || !/^(application\/)?at\+jwt$/i.test(typ)) throw new SessionError('malformed_token')
  if (Object.keys(others).length > 0) throw new SessionError('malformed_token')
  if (kid !== undefined && (typeof kid !== 'string' || !KID.test(kid))) throw new SessionError('malformed_token')
  return { algorithm: alg, kid }
}

export function checkSignatureLength({ algorithm }: Header, { signature }: CompactJwt): void {
  if (signature.length !== SIGNATURE_LENGTH[algorithm]) throw new SessionError('bad_signature')
}

/** Parses the JSON of a decoded part. */
export function parsePart(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new SessionError('malformed_token')
  }
}

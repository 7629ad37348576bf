// Verifies one DPoP proof (RFC 9449 section 4.3), except for its age and whether it was used before.
import { calculateJwkThumbprint, compactVerify, type CompactJWSHeaderParameters } from 'jose'
import { DPOP_ALGORITHMS } from '@postern/contract/dpop'
import { encodeBase64url } from './base64url.js'
import { invalidProof, publicKeyOf } from './dpop-key.js'
import { normalUrl } from './dpop-url.js'
import { SessionError } from './errors.js'

/** In characters. A proof with an RSA key of 4096 bits has about 1900. */
const MAX_PROOF_LENGTH = 4096

/** In characters, of `jti` and `nonce`. */
const MAX_TEXT_LENGTH = 256

/** What a proof must be for. */
export interface ProofRequest {
  /** The value of the `DPoP` header. */
  readonly header: string | undefined
  /** The method of the request. */
  readonly method: string
  /** The URLs by which clients reach what they request, without a query. One of them must be the proof's. */
  readonly urls: readonly string[]
  /** The access token of the request. Null without one, as at a login. */
  readonly token: string | null
}

/** What a valid proof says. */
export interface Proof {
  /** The RFC 7638 thumbprint of the key: `cnf.jkt` of the tokens that are bound to it. */
  readonly key: string
  readonly jti: string
  /** In Unix seconds, by the clock of the client. */
  readonly iat: number
  readonly nonce: string | undefined
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT_LENGTH

/** In base64url: of an access token, it is the `ath` of a proof. */
export const sha256 = async (text: string): Promise<string> =>
  encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))

/** Rejects with a {@link SessionError} that says which rule the proof breaks, and nothing of its content. */
export async function verifyProof({ header, method, urls, token }: ProofRequest): Promise<Proof> {
  if (header === undefined || header === '') throw invalidProof('the request has no DPoP header')
  // Node.js and fetch join the values of several headers.
  if (header.includes(',')) throw invalidProof('the request must have one DPoP header')
  if (header.length > MAX_PROOF_LENGTH) throw invalidProof(`it has more than ${MAX_PROOF_LENGTH} characters`)
  const { payload, key } = await verifySignature(header)
  const { jti, htm, htu, iat, ath, nonce } = parse(payload)
  if (!isText(jti)) throw invalidProof(`its jti must be a text of at most ${MAX_TEXT_LENGTH} characters`)
  if (typeof iat !== 'number' || !Number.isFinite(iat)) throw invalidProof('its iat must be a number')
  if (nonce !== undefined && !isText(nonce)) throw invalidProof('its nonce must be a short text')
  if (htm !== method) throw invalidProof('its htm is not the method of the request')
  const url = normalUrl(htu)
  if (url === null || !urls.some((own) => normalUrl(own) === url))
    throw invalidProof('its htu is not the URL of the request')
  if (token !== null && ath !== (await sha256(token))) throw invalidProof('its ath is not the hash of the access token')
  return { key, jti, iat, nonce }
}

async function verifySignature(proof: string): Promise<{ payload: Uint8Array; key: string }> {
  try {
    const { payload, protectedHeader } = await compactVerify(proof, keyOf, { algorithms: [...DPOP_ALGORITHMS] })
    return { payload, key: await calculateJwkThumbprint(publicKeyOf(protectedHeader)) }
  } catch (error) {
    if (error instanceof SessionError) throw error
    throw invalidProof(`its signature can't be verified; alg must be one of ${DPOP_ALGORITHMS.join(', ')}`)
  }
}

function keyOf(header: CompactJWSHeaderParameters) {
  if (header.typ?.toLowerCase().replace(/^application\//, '') !== 'dpop+jwt')
    throw invalidProof('its typ must be dpop+jwt')
  if (header.crit !== undefined) throw invalidProof('its header must not have crit')
  return publicKeyOf(header)
}

function parse(payload: Uint8Array): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload))
    if (typeof claims === 'object' && claims !== null) return claims as Record<string, unknown>
  } catch {
    // As below.
  }
  throw invalidProof('its payload must be a JSON object')
}

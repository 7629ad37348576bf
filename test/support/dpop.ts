import { createHash, randomUUID } from 'node:crypto'
import { calculateJwkThumbprint, CompactSign, exportJWK, generateKeyPair } from 'jose'

/** The proof of a token request: RFC 9449, figure 5. Its key has the thumbprint of figure 9. */
export const RFC_TOKEN_REQUEST = {
  proof:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy' +
    'VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiIt' +
    'QndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ' +
    '.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg',
  method: 'POST',
  url: 'https://server.example.com/token',
  token: null,
  iat: 1_562_262_616,
}

/** The proof of a request with an access token: RFC 9449, figure 13. */
export const RFC_RESOURCE_REQUEST = {
  proof:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQy' +
    'VVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJl' +
    'MWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6' +
    'MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPP' +
    'ToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  method: 'GET',
  url: 'https://resource.example.org/protectedresource',
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  iat: 1_562_262_618,
}

export const RFC_THUMBPRINT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

export const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** What a proof contains besides `jti` and `iat`, which it gets unless given. */
export interface ProofClaims {
  htm?: unknown
  htu?: unknown
  /** Becomes `ath`. */
  token?: string
  [name: string]: unknown
}

export interface Prover {
  thumbprint: string
  /** Signs any claims with any header. A claim that is undefined is left out. */
  proof(claims: ProofClaims, header?: object): Promise<string>
}

/** A client with a key of its own. */
export async function createProver(alg = 'ES256', options: { modulusLength?: number } = {}): Promise<Prover> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, ...options })
  const jwk = await exportJWK(publicKey)
  return {
    thumbprint: await calculateJwkThumbprint(jwk),
    proof({ token, ...claims }, header = {}) {
      const ath = token === undefined ? undefined : hashOf(token)
      const payload = { jti: randomUUID(), iat: Math.floor(Date.now() / 1000), ath, ...claims }
      return new CompactSign(Buffer.from(JSON.stringify(payload)))
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
        .sign(privateKey)
    },
  }
}

/** Writes the parts of a JWS as they are, with a signature that does not fit. */
export const unsigned = (header: object, claims: object): string =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') + '.c2ln'

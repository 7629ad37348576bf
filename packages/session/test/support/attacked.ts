// The verifiers that hostile tokens are tried on, and a good token to build these from.
import { createHmac } from 'node:crypto'
import { refusal } from '../../../../test/support/refusal.js'
import { createVerifierOfBoth } from './both-entries.js'
import { base64url, claims, pair, SECRET, sign } from './tokens.js'

export const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
const jwks = { k1: pair.publicKey.export({ format: 'jwk' }) }
export const symmetric = createVerifierOfBoth({ secret: SECRET }, { secret: SECRET })
const asymmetric = createVerifierOfBoth({ publicKeys: { k1: publicPem } }, { publicKeys: jwks })
export const both = createVerifierOfBoth(
  { secret: SECRET, publicKeys: { k1: pair.publicKey } },
  { secret: SECRET, publicKeys: jwks },
)

export const good = sign(claims())
export const [head, body, signature] = good.split('.') as [string, string, string]
export const hs = (token: string) => refusal(() => symmetric.verify(token))
export const es = (token: string) => refusal(() => asymmetric.verify(token))
export const unsigned = (header: object, payload: object = claims(), mac = '') =>
  `${base64url(header)}.${base64url(payload)}.${mac}`
export const hmac = (input: string, key: string) =>
  `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`

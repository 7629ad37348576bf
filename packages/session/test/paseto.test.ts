import { decrypt, encrypt } from 'paseto-ts/v4'
import { describe, expect, it } from 'vitest'
import { createTokenVerifier } from '../src/index.js'
import { createPasetoReader } from '../src/paseto.js'
import published from './data/paseto-v4-local-vectors.json' with { type: 'json' }
import { refusal } from '../../../test/support/refusal.js'
import { claims } from './support/tokens.js'

// The nine vectors for v4.local from v4.json of the PASETO standard.
const vectors = published.tests.map((vector) => ({ ...vector, assertion: vector['implicit-assertion'] }))
const local = (hex: string) => new Uint8Array(Buffer.concat([Buffer.from('k4.local.'), Buffer.from(hex, 'hex')]))
const lax = { addIat: false, addExp: false, validatePayload: false }

describe('the published vectors of PASETO v4.local', () => {
  it.each(vectors)('$name: the library below decrypts to the payload and encrypts to the token', (vector) => {
    const { key, token, payload, footer, assertion, nonce } = vector
    expect(decrypt(local(key), token, { assertion, validatePayload: false }).payload).toEqual(payload)
    const getRandomValues = (bytes: Uint8Array) => (bytes.set(Buffer.from(nonce, 'hex')), bytes)
    expect(encrypt(local(key), payload, { ...lax, footer, assertion, getRandomValues })).toBe(token)
  })

  it.each(vectors)(
    '$name: we read it, unless it has a footer or an assertion, which Postern never writes',
    ({ key, token, payload, footer, assertion }) => {
      const read = createPasetoReader([Buffer.alloc(32), Buffer.from(key, 'hex')])
      if (footer) expect(refusal(() => read(token))).toBe('malformed_token')
      else if (assertion) expect(refusal(() => read(token))).toBe('bad_signature')
      else expect(read(token)).toMatchObject({ data: payload.data, exp: Date.parse(payload.exp) / 1000 })
    },
  )

  it.each(vectors)('$name: is not an access token', ({ key, token }) => {
    const verifier = createTokenVerifier({ pasetoKey: key })
    expect(refusal(() => verifier.verify(token))).toMatch(/malformed_token|wrong_issuer/)
  })
})

it('a PASETO has the same claims as the JWT of the same session, and both are accepted during a migration', () => {
  const key = 'ab'.repeat(32)
  const payload = claims()
  const time = (seconds: number) => new Date(seconds * 1000).toISOString()
  const times = { iat: time(payload.iat), nbf: time(payload.nbf), exp: time(payload.exp) }
  const token = encrypt(local(key), { ...payload, ...times }, lax)
  const verifier = createTokenVerifier({ pasetoKey: ['cd'.repeat(32), key] })
  expect(verifier.verify(token)).toEqual(payload)
  expect(verifier.verify(token)).toBe(verifier.verify(token))
})

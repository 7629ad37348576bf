import { encrypt } from 'paseto-ts/v4'
import { describe, expect, it } from 'vitest'
import { createTokenVerifier } from '../src/index.js'
import { refusal } from '../../../test/support/refusal.js'
import { good, hs } from './support/attacked.js'
import { inSeconds } from './support/relay.js'
import { claims, sign } from './support/tokens.js'

describe('PASETO', () => {
  const key = Buffer.alloc(32, 7)
  const paseto = createTokenVerifier({ pasetoKey: key })
  const local = (bytes: Buffer) => new Uint8Array(Buffer.concat([Buffer.from('k4.local.'), bytes]))
  const rfc3339 = (payload: Record<string, unknown>) => ({
    ...payload,
    ...Object.fromEntries(
      ['iat', 'nbf', 'exp'].map((name) => [name, new Date((payload[name] as number) * 1000).toISOString()]),
    ),
  })
  const make = (payload: object, options = {}, bytes = key) =>
    encrypt(local(bytes), payload, { addIat: false, addExp: false, validatePayload: false, ...options })
  const pv = (token: string) => refusal(() => paseto.verify(token))
  const token = make(rfc3339({ ...claims() }))

  it('accepts the token from which the attacks are built', () => expect(pv(token)).toBe('accepted'))

  it('refuses another key, a changed byte, a footer, an implicit assertion, and other versions', () => {
    expect(pv(make(rfc3339({ ...claims() }), {}, Buffer.alloc(32, 8)))).toBe('bad_signature')
    const flipped = token.slice(0, 40) + (token[40] === 'A' ? 'B' : 'A') + token.slice(41)
    expect(pv(flipped)).toBe('bad_signature')
    expect(pv(make(rfc3339({ ...claims() }), { footer: { kid: 'x' } }))).toBe('malformed_token')
    expect(pv(make(rfc3339({ ...claims() }), { assertion: 'x' }))).toBe('bad_signature')
    expect(pv(token.replace('v4.local', 'v4.public'))).toBe('malformed_token')
    expect(pv(token.replace('v4', 'v3'))).toBe('malformed_token')
    for (const spelling of [`${token}=`, `${token}.`, ` ${token}`, `${token}\n`, 'v4.local.', 'v4.local.AAAA']) {
      expect(pv(spelling)).toMatch(/malformed_token|bad_signature/)
    }
  })

  it('refuses times that are not RFC 3339', () => {
    for (const exp of [inSeconds(900), '1 hour', '2030', 'Fri, 01 Jan 2100', '2100-01-01', '', null]) {
      expect(pv(make({ ...rfc3339({ ...claims() }), exp }))).toBe('invalid_claims')
    }
    expect(pv(make(rfc3339({ ...claims({ exp: inSeconds(-31) }) })))).toBe('expired')
  })

  it('never verifies a token with the key of the other format', () => {
    expect(pv(good)).toBe('wrong_algorithm')
    expect(pv(sign(claims(), {}, key.toString('latin1')))).toBe('wrong_algorithm')
    expect(hs(token)).toBe('wrong_algorithm')
  })
})

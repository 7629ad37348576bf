import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { es, head, hmac, hs, signature, symmetric } from './support/attacked.js'
import { inSeconds } from './support/relay.js'
import { base64url, claims, SECRET, sign } from './support/tokens.js'

describe('the claims', () => {
  const withClaims = (changes: object) => hs(sign(claims(changes)))
  const without = (name: string) =>
    hs(sign(Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name))))

  it.each([undefined, '', 'postern2', 'Postern', null, 7, {}, ['postern'], ['postern', 'other'], 'postern '])(
    'refuses aud %j',
    (aud) => {
      expect(withClaims({ aud })).toBe('wrong_audience')
    },
  )

  it.each([undefined, '', 'evil', null, ['postern'], { toString: 'postern' }])('refuses iss %j', (iss) => {
    expect(withClaims({ iss })).toBe('wrong_issuer')
  })

  it.each(['exp', 'nbf', 'iat', 'gen'])(
    'refuses %s as text, 1e308, a fraction, a negative number, null, a list, or absent',
    (name) => {
      for (const value of [
        `${inSeconds(900)}`,
        1e308,
        1e16,
        inSeconds(900) + 0.5,
        -1,
        null,
        [inSeconds(900)],
        true,
        {},
      ]) {
        expect(withClaims({ [name]: value })).toBe('invalid_claims')
      }
      expect(without(name)).toBe('invalid_claims')
      // JSON.stringify cannot write these numbers, but an attacker can.
      const json = JSON.stringify(claims()).replace(new RegExp(`"${name}":\\d+`), `"${name}":1e999`)
      expect(hs(hmac(`${head}.${base64url(json)}`, SECRET))).toBe('invalid_claims')
    },
  )

  it('refuses a client_id that is empty or not a string, and accepts tokens of earlier versions without it', () => {
    for (const value of ['', 5, null, ['postern'], {}]) expect(withClaims({ client_id: value })).toBe('invalid_claims')
    expect(withClaims({ client_id: 'mobile-app' })).toBe('accepted')
    expect(without('client_id')).toBe('accepted')
  })

  it('refuses auth_time, amr and acr of a wrong type, and accepts tokens of earlier versions without them', () => {
    for (const auth_time of ['1', -1, 1.5, null, [1], true, 8.64e12 + 1, Number.MAX_SAFE_INTEGER, 1e308])
      expect(withClaims({ auth_time })).toBe('invalid_claims')
    for (const amr of ['pwd', [1], [''], null, { 0: 'pwd' }, [['pwd']]])
      expect(withClaims({ amr })).toBe('invalid_claims')
    for (const acr of ['', 5, null, ['aal2']]) expect(withClaims({ acr })).toBe('invalid_claims')
    expect(withClaims({ auth_time: inSeconds(-60), amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' })).toBe('accepted')
    for (const name of ['auth_time', 'amr', 'acr']) expect(without(name)).toBe('accepted')
  })

  it.each(['sub', 'sid', 'jti'])('refuses %s that is empty, not a string, or absent', (name) => {
    for (const value of ['', 5, null, [randomUUID()], {}]) expect(withClaims({ [name]: value })).toBe('invalid_claims')
    expect(without(name)).toBe('invalid_claims')
  })

  it.each([undefined, null, 'ADMIN', { 0: 'ADMIN' }, [1], [null], [['ADMIN']], ['']])('refuses roles %j', (roles) => {
    expect(withClaims({ roles })).toBe('invalid_claims')
  })

  it.each(['null', '5', '"text"', '[]', '{', 'not JSON'])('refuses the payload %j', (json) => {
    expect(hs(hmac(`${head}.${base64url(json)}`, SECRET))).toMatch(/malformed_token/)
  })

  it('returns no other claims than its own', () => {
    const json = JSON.stringify(claims()).replace('{', '{"__proto__":{"roles":["ADMIN"]},"admin":true,')
    const read = symmetric.verify(hmac(`${head}.${base64url(json)}`, SECRET))
    expect(read.roles).toEqual(['USER'])
    expect(Object.keys(read)).toHaveLength(14)
    expect(() => (read.roles as string[]).push('ADMIN')).toThrow(TypeError)
    expect(() => Object.assign(read, { sub: 'another user' })).toThrow(TypeError)
  })

  it('refuses a refresh token, also one that looks like three base64url parts', () => {
    expect(hs(`${randomUUID()}.7.${signature}`)).toBe('malformed_token')
    expect(es(`${randomUUID()}.7.${signature}`)).toBe('malformed_token')
  })
})

import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpuMilliseconds } from '../../../test/support/cpu-time.js'
import type { SessionError } from '../src/index.js'
import { body, both, es, good, head, hmac, hs, publicPem, signature, symmetric, unsigned } from './support/attacked.js'
import { refusal } from '../../../test/support/refusal.js'
import { base64url, claims, otherPair, pair, sign, signES256 } from './support/tokens.js'

it('accepts the tokens from which the attacks are built', () => {
  expect(hs(good)).toBe('accepted')
  expect(es(signES256(claims()))).toBe('accepted')
  expect(hs(sign(claims(), { typ: 'application/AT+JWT' }))).toBe('accepted')
})

describe('the algorithm', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', 'none\0'])('refuses alg %j, signed or not', (alg) => {
    expect(hs(unsigned({ alg, typ: 'at+jwt' }))).toBe('malformed_token') // an empty signature is not base64url
    expect(hs(unsigned({ alg, typ: 'at+jwt' }, claims(), signature))).toBe('wrong_algorithm')
    expect(es(unsigned({ alg, typ: 'at+jwt', kid: 'k1' }, claims(), signature))).toBe('wrong_algorithm')
  })

  it('never uses a public key as an HMAC secret', () => {
    const input = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid: 'k1' })}.${base64url(claims())}`
    const der = pair.publicKey.export({ type: 'spki', format: 'der' }).toString('latin1')
    for (const key of [publicPem, publicPem.trim(), der]) {
      expect(es(hmac(input, key))).toBe('wrong_algorithm')
      expect(refusal(() => both.verify(hmac(input, key)))).toBe('bad_signature')
    }
  })

  it('never verifies a token with the other kind of key', () => {
    expect(hs(signES256(claims()))).toBe('wrong_algorithm')
    expect(es(good)).toBe('wrong_algorithm')
    expect(refusal(() => both.verify(signES256(claims(), 'k1', otherPair.privateKey)))).toBe('bad_signature')
  })

  it.each(['HS384', 'HS512', 'RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'hs256', '', null, 5, ['HS256']])(
    'refuses alg %j',
    (alg) => {
      expect(hs(unsigned({ alg, typ: 'at+jwt' }, claims(), signature))).toBe('wrong_algorithm')
    },
  )
})

describe('the header', () => {
  let hits = 0
  const listener = createServer((socket) => (hits++, socket.destroy()))
  let url = ''
  beforeAll(async () => {
    await once(listener.listen(0, '127.0.0.1'), 'listening')
    url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`
  })
  afterAll(() => void listener.close())

  it('refuses every parameter that contains or names a key, and fetches nothing', async () => {
    const jwk = otherPair.publicKey.export({ format: 'jwk' })
    for (const header of [
      { jwk },
      { jku: url },
      { x5u: url },
      { x5c: ['MII='] },
      { x5t: 'a' },
      { crit: ['exp'] },
      { crit: [] },
      { b64: false },
      { zip: 'DEF' },
      { cty: 'JWT' },
    ]) {
      expect(es(signES256(claims(), 'k1', otherPair.privateKey, header))).toBe('malformed_token')
      expect(es(signES256(claims(), 'k1', pair.privateKey, header))).toBe('malformed_token')
      expect(hs(sign(claims(), header))).toBe('malformed_token')
    }
    const knock = fetch(url).catch(() => 'the listener hung up')
    expect(await knock).toBe('the listener hung up')
    expect(hits).toBe(1) // the test's own request
  })

  it.each([
    '../../etc/passwd',
    '/dev/null',
    "k1' OR '1'='1",
    'k1\0',
    'k1\n',
    'https://evil.example/k',
    '',
    'x'.repeat(129),
  ])('refuses kid %j', (kid) => {
    expect(es(signES256(claims(), undefined, pair.privateKey, { kid }))).toBe('malformed_token')
  })

  it.each([null, 1, {}, ['k1']])('refuses kid %j, which is not a string', (kid) => {
    expect(es(signES256(claims(), undefined, pair.privateKey, { kid }))).toBe('malformed_token')
  })

  it('refuses a kid of a megabyte before reading it', () => {
    const token = signES256(claims(), 'k'.repeat(1_000_000))
    expect(cpuMilliseconds(() => expect(es(token)).toBe('malformed_token'))).toBeLessThan(500)
  })

  it.each(['__proto__', 'constructor', 'toString', 'k2'])('does not find a key under kid %j', (kid) => {
    expect(es(signES256(claims(), kid))).toBe('unknown_key')
  })

  it('requires a kid in an ES256 token', () => expect(es(signES256(claims(), ''))).toBe('unknown_key'))

  it.each(['JWT', 'jwt', 'rt+jwt', 'at+jwt ', '', undefined, null, 3])('refuses typ %j', (typ) => {
    expect(hs(sign(claims(), { typ }))).toBe('malformed_token')
  })

  it.each(['null', '5', '"x"', '[]', '{', ''])('refuses the header %j', (json) => {
    expect(hs(`${base64url(json)}.${body}.${signature}`)).toMatch(/malformed_token|wrong_algorithm/)
  })
})

describe('the encoding', () => {
  it.each([
    ['a fourth segment', `${good}.x`],
    ['an empty fourth segment', `${good}.`],
    ['five segments of a JWE', `${good}.a.b`],
    ['two segments', `${head}.${body}`],
    ['one segment', head],
    ['no header', `.${body}.${signature}`],
    ['no payload', `${head}..${signature}`],
    ['no signature', `${head}.${body}.`],
    ['only dots', '..'],
    ['padding on the signature', `${good}=`],
    ['padding on the payload', `${head}.${body}=.${signature}`],
    ['a space in front', ` ${good}`],
    ['a space behind', `${good} `],
    ['a line end', `${good}\n`],
    ['a line end inside', `${head}.\n${body}.${signature}`],
    ['the other base64 alphabet', `${head}.${body}.${signature.slice(0, -2)}+/`],
    ['a NUL', `${good}\0`],
    ['a full-width dot', `${head}．${body}.${signature}`],
    ['more than 8,192 characters', `${head}.${'A'.repeat(8200)}.${signature}`],
    ['a flattened JSON serialization', JSON.stringify({ protected: head, payload: body, signature })],
  ])('refuses %s', (_, token) => expect(hs(token)).toBe('malformed_token'))

  it('refuses spare bits: exactly one last character of a signature is accepted', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const accepted = [...alphabet].filter((last) => hs(good.slice(0, -1) + last) === 'accepted')
    expect(accepted).toEqual([good.at(-1)])
    const twin = alphabet.charAt(alphabet.indexOf(good.at(-1)!) ^ 1)
    expect(hs(good.slice(0, -1) + twin)).toBe('malformed_token')
  })

  it('refuses a token that is not a string', () => {
    for (const token of [undefined, null, 5, {}, [good], '', Buffer.from(good), new String(good)]) {
      expect(hs(token as string)).toBe('missing_token')
    }
  })
})

describe('the signature', () => {
  it('refuses one of another secret, another token, and a changed payload', () => {
    expect(hs(sign(claims(), {}, 'another secret that is also longer than 32 bytes'))).toBe('bad_signature')
    expect(hs(`${head}.${body}.${sign(claims()).split('.')[2]}`)).toBe('bad_signature')
    expect(hs(`${head}.${base64url(claims({ roles: ['ADMIN'] }))}.${signature}`)).toBe('bad_signature')
  })

  it('refuses DER, zeros, and r or s out of range', () => {
    const [h, b] = signES256(claims()).split('.') as [string, string]
    const zeros = Buffer.alloc(64)
    const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex')
    const signed = Buffer.from(signES256(claims()).split('.')[2]!, 'base64url')
    const der = Buffer.concat([Buffer.from('3044022012', 'hex'), signed]).subarray(0, 70)
    const halves = [
      zeros,
      Buffer.concat([order, order]),
      Buffer.concat([zeros.subarray(32), signed.subarray(32)]),
      Buffer.concat([signed.subarray(0, 32), zeros.subarray(32)]),
      Buffer.alloc(64, 1),
    ]
    for (const bytes of [...halves, der, Buffer.alloc(63), Buffer.alloc(65), Buffer.alloc(1)]) {
      expect(es(`${h}.${b}.${bytes.toString('base64url')}`)).toBe('bad_signature')
    }
  })

  it('refuses a token of another deployment with the same kid', () => {
    expect(es(signES256(claims(), 'k1', otherPair.privateKey))).toBe('bad_signature')
  })
})

it('shows no part of the token in any error', () => {
  const secretive = sign(claims({ sub: 'user-4711' }), {}, 'another secret that is also longer than 32 bytes')
  try {
    symmetric.verify(secretive)
    expect.unreachable()
  } catch (error) {
    const shown =
      JSON.stringify(error, Object.getOwnPropertyNames(error)) + JSON.stringify((error as SessionError).headers)
    expect(shown).not.toContain('4711')
    for (const part of secretive.split('.')) expect(shown).not.toContain(part)
  }
})

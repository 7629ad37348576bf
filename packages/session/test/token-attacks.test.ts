import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { encrypt } from 'paseto-ts/v4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTokenVerifier, type SessionError } from '../src/index.js'
import { createVerifierOfBoth } from './support/both-entries.js'
import { inSeconds } from './support/relay.js'
import { refusal } from '../../../test/support/refusal.js'
import { base64url, claims, otherPair, pair, SECRET, sign, signES256 } from './support/tokens.js'

const publicPem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
const jwks = { k1: pair.publicKey.export({ format: 'jwk' }) }
const symmetric = createVerifierOfBoth({ secret: SECRET }, { secret: SECRET })
const asymmetric = createVerifierOfBoth({ publicKeys: { k1: publicPem } }, { publicKeys: jwks })
const both = createVerifierOfBoth(
  { secret: SECRET, publicKeys: { k1: pair.publicKey } },
  { secret: SECRET, publicKeys: jwks },
)

const good = sign(claims())
const [head, body, signature] = good.split('.') as [string, string, string]
const hs = (token: string) => refusal(() => symmetric.verify(token))
const es = (token: string) => refusal(() => asymmetric.verify(token))
const unsigned = (header: object, payload: object = claims(), mac = '') =>
  `${base64url(header)}.${base64url(payload)}.${mac}`
const hmac = (input: string, key: string) => `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`

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
    const before = performance.now()
    expect(es(signES256(claims(), 'k'.repeat(1_000_000)))).toBe('malformed_token')
    expect(performance.now() - before).toBeLessThan(500)
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
    expect(Object.keys(read)).toHaveLength(11)
    expect(() => (read.roles as string[]).push('ADMIN')).toThrow(TypeError)
    expect(() => Object.assign(read, { sub: 'another user' })).toThrow(TypeError)
  })

  it('refuses a refresh token, also one that looks like three base64url parts', () => {
    expect(hs(`${randomUUID()}.7.${signature}`)).toBe('malformed_token')
    expect(es(`${randomUUID()}.7.${signature}`)).toBe('malformed_token')
  })
})

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

it('refuses invalid keys at the start', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  expect(() => createTokenVerifier({})).toThrow(TypeError)
  expect(() => createTokenVerifier({ secret: 'short' })).toThrow(/32 bytes/)
  expect(() => createTokenVerifier({ secret: [SECRET, 'short'] })).toThrow(/32 bytes/)
  expect(() => createTokenVerifier({ publicKeys: {} })).toThrow(TypeError)
  expect(() => createTokenVerifier({ publicKeys: { a: p384.publicKey } })).toThrow(/P-256/)
  expect(() => createTokenVerifier({ publicKeys: { a: rsa.publicKey } })).toThrow(/P-256/)
  expect(() => createTokenVerifier({ publicKeys: { a: pair.privateKey } })).toThrow(/P-256/)
  const privatePem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
  expect(() => createTokenVerifier({ publicKeys: { a: privatePem } })).toThrow(/private/)
  expect(() => createTokenVerifier({ publicKeys: { a: pair.privateKey.export({ format: 'jwk' }) } })).toThrow(/private/)
  expect(() => createTokenVerifier({ publicKeys: { keys: [pair.publicKey.export({ format: 'jwk' })] } })).toThrow(/kid/)
  expect(() => createTokenVerifier({ pasetoKey: 'f'.repeat(63) })).toThrow(/64 hex/)
  expect(() => createTokenVerifier({ secret: SECRET, clockSkew: 61 })).toThrow(/clockSkew/)
  expect(() => createTokenVerifier({ secret: SECRET, clockSkew: Number.NaN })).toThrow(/clockSkew/)
  // Added to `exp` as text, it would make a time in the far future.
  expect(() => createTokenVerifier({ secret: SECRET, clockSkew: '30' as never })).toThrow(/clockSkew/)
})

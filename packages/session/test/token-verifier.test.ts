import { createHmac, generateKeyPairSync, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTokenVerifier, RevocationTable, SessionError, type VerificationKey } from '../src/index.js'
import { isCanonical } from '../src/base64url.js'
import { publicKey } from '../src/keys.js'
import { VerifiedTokens } from '../src/verified-tokens.js'
import { inSeconds, tokenRevocation } from './support/relay.js'
import { refusal } from '../../../test/support/refusal.js'
import { base64url, claims, pair, SECRET, sign, signES256 } from './support/tokens.js'

describe('the token verifier', () => {
  it('returns the claims, and the same frozen object for the same token', () => {
    const verifier = createTokenVerifier({ secret: SECRET })
    const payload = claims({ roles: ['ADMIN'] })
    const token = sign(payload)
    expect(verifier.verify(token)).toEqual(payload)
    expect(verifier.verify(`${token.slice(0, 9)}${token.slice(9)}`)).toBe(verifier.verify(token))
    expect(verifier.remembered).toBe(1)
  })

  it('accepts the current and the previous secret, and P-256 keys as PEM, JWK, KeyObject and key set', () => {
    const previous = 'the secret before it, which is just as long'
    const rotating = createTokenVerifier({ secret: [SECRET, previous] })
    expect(refusal(() => rotating.verify(sign(claims(), {}, previous)))).toBe('accepted')
    const jwk = pair.publicKey.export({ format: 'jwk' })
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }) as string
    for (const publicKeys of [{ k1: pem }, { k1: jwk }, { k1: pair.publicKey }, { keys: [{ ...jwk, kid: 'k1' }] }]) {
      const verifier = createTokenVerifier({ publicKeys })
      expect(refusal(() => verifier.verify(signES256(claims())))).toBe('accepted')
    }
  })

  it.each([
    ['for encryption', { use: 'enc' }],
    ['for other operations', { key_ops: ['deriveKey'] }],
    ['for more than verifying', { key_ops: ['verify', 'encrypt'] }],
    ['for no operation', { key_ops: [] }],
    ['for operations that are no list', { key_ops: 'verify' }],
    ['for another algorithm', { alg: 'ECDH-ES' }],
  ] as [string, object][])('refuses a JWK %s', (_, members) => {
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), ...members }
    const message = 'a JWK must be for verifying ES256'
    expect(() => createTokenVerifier({ publicKeys: { k1: jwk } })).toThrow(message)
    expect(() => createTokenVerifier({ publicKeys: { keys: [{ ...jwk, kid: 'k1' }] } })).toThrow(message)
  })

  it('accepts a JWK whose restrictions are those of its purpose', () => {
    const jwk = { ...pair.publicKey.export({ format: 'jwk' }), use: 'sig', key_ops: ['verify'], alg: 'ES256' }
    const verifier = createTokenVerifier({ publicKeys: { k1: jwk } })
    expect(refusal(() => verifier.verify(signES256(claims())))).toBe('accepted')
  })

  it('checks exp and nbf to the second, with the clock skew, cached or not', () => {
    let now = 1_800_000_000_000
    const at = (seconds: number) => (now = seconds * 1000)
    const payload = claims({ iat: 1000, nbf: 1000, exp: 2000 })
    const token = sign(payload)
    for (const clockSkew of [0, 30, 60]) {
      const verifier = createTokenVerifier({ secret: SECRET, clockSkew, now: () => now })
      const outcome = (seconds: number) => (at(seconds), refusal(() => verifier.verify(token)))
      expect(outcome(1000 - clockSkew - 0.001)).toBe('not_yet_valid')
      expect(outcome(1000 - clockSkew)).toBe('accepted')
      expect(outcome(2000 + clockSkew - 0.001)).toBe('accepted')
      expect(outcome(1000 - clockSkew - 0.001)).toBe('not_yet_valid')
      expect(outcome(2000 + clockSkew)).toBe('expired')
      expect(verifier.remembered).toBe(0)
    }
  })

  it('refuses a revoked token that is in the cache', () => {
    const revocations = new RevocationTable(10)
    const verifier = createTokenVerifier({ secret: SECRET, revocations })
    const payload = claims()
    const token = sign(payload)
    verifier.verify(token)
    revocations.add(tokenRevocation(randomUUID()), inSeconds(0))
    expect(refusal(() => verifier.verify(token))).toBe('accepted')
    revocations.add(tokenRevocation(payload.jti), inSeconds(0))
    expect(refusal(() => verifier.verify(token))).toBe('revoked')
    expect(refusal(() => verifier.verify(token))).toBe('revoked')
  })

  it('drops the cached tokens of a key that is withdrawn', () => {
    const keys: VerificationKey[] = [publicKey(pair.publicKey)]
    const keySource = {
      find: () => {
        if (keys.length === 0) throw new SessionError('unknown_key')
        return keys
      },
    }
    const verifier = createTokenVerifier({ keySource })
    const token = signES256(claims())
    verifier.verify(token)
    keys.pop()!.retired = true
    expect(refusal(() => verifier.verify(token))).toBe('unknown_key')
  })

  it('throws only SessionErrors with status 401, and accepts only signed tokens', () => {
    const verifier = createTokenVerifier({
      secret: SECRET,
      publicKeys: { k1: pair.publicKey },
      pasetoKey: Buffer.alloc(32),
    })
    const part = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.json().map(base64url),
      fc.constant(base64url({ alg: 'HS256', typ: 'at+jwt' })),
    )
    const token = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
      part.map((rest) => `v4.local.${rest}`),
    )
    fc.assert(
      fc.property(token, (text) => {
        try {
          verifier.verify(text)
          expect.unreachable()
        } catch (error) {
          expect(error).toBeInstanceOf(SessionError)
          expect((error as SessionError).status).toBe(401)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('accepts no token with one character changed, added or removed', () => {
    const verifier = createTokenVerifier({ secret: SECRET })
    const token = sign(claims())
    const edit = fc.record({ at: fc.nat(token.length), drop: fc.constantFrom(0, 1), put: fc.string({ maxLength: 1 }) })
    fc.assert(
      fc.property(edit, ({ at, drop, put }) => {
        const changed = token.slice(0, at) + put + token.slice(at + drop)
        fc.pre(changed !== token)
        expect(refusal(() => verifier.verify(changed))).not.toBe('accepted')
      }),
      { numRuns: 2000 },
    )
  })

  it('handles any JSON payload with a refusal and no other error', () => {
    const verifier = createTokenVerifier({ secret: SECRET })
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('postern', ['postern'], 1e308, '1', null))
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(Object.fromEntries(Object.keys(claims()).map((name) => [name, value])), { requiredKeys: [] }),
    )
    const head = base64url({ alg: 'HS256', typ: 'at+jwt' })
    fc.assert(
      fc.property(payload, (json) => {
        const input = `${head}.${base64url(JSON.stringify(json))}`
        const token = `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
        expect(refusal(() => verifier.verify(token))).toMatch(
          /malformed_token|wrong_issuer|wrong_audience|invalid_claims|expired|not_yet_valid/,
        )
      }),
      { numRuns: 1000 },
    )
  })
})

describe('canonical base64url', () => {
  it('is exactly what Node.js writes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        expect(isCanonical(Buffer.from(bytes).toString('base64url'))).toBe(true)
      }),
    )
    const texts = fc.oneof(fc.base64String(), fc.stringMatching(/^[\w-]{1,9}=?$/))
    fc.assert(
      fc.property(texts, (text) => {
        const roundTrip = Buffer.from(text, 'base64url').toString('base64url')
        expect(isCanonical(text)).toBe(text !== '' && roundTrip === text)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('the cache of verified tokens', () => {
  const verified = (token: string) => ({ token, claims: claims(), key: null, checkedAt: 0 })

  it('never exceeds its size, and keeps what is used', () => {
    const tokens = new VerifiedTokens(100)
    const used = verified('used')
    tokens.set(used, 0)
    for (let i = 0; i < 1000; i++) {
      tokens.set(verified(`token ${i}`), 0)
      expect(tokens.get('used')).toBe(used)
      expect(tokens.size).toBeLessThanOrEqual(100)
    }
    expect(tokens.get('token 0')).toBeUndefined()
    tokens.delete(used)
    expect(tokens.get('used')).toBeUndefined()
  })

  it('compares whole tokens: another one with the same end is not found', () => {
    const tokens = new VerifiedTokens(100)
    const end = 'e'.repeat(43)
    tokens.set(verified(`mine.${end}`), 0)
    for (const other of [`yours.${end}`, end, `.${end}`, `mine.${end}e`, `m1ne.${end}`])
      expect(tokens.get(other)).toBeUndefined()
    tokens.set(verified(`yours.${end}`), 0)
    expect(tokens.get(`yours.${end}`)).toBeDefined()
  })

  it('keeps none with size 0, and drops old ones over time', () => {
    const none = new VerifiedTokens(0)
    none.set(verified('a'), 0)
    expect(none.size).toBe(0)
    const tokens = new VerifiedTokens(100)
    for (const [name, now] of [
      ['a', 1000],
      ['b', 2000],
      ['c', 3000],
    ] as const)
      tokens.set(verified(name), now)
    expect(tokens.get('a')).toBeUndefined()
  })
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

import { createHmac, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { importJWK, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createTokenVerifier, SessionError } from '../src/index.js'
import { authenticate, createEdgeValidator, type EdgeValidatorOptions } from '../src/edge.js'
import { refusal } from '../../../test/support/refusal.js'
import { edgeOutcome } from './support/both-entries.js'
import { base64url, claims, otherPair, pair, SECRET, sign, signES256 } from './support/tokens.js'

const publicKeys = { k1: pair.publicKey.export({ format: 'jwk' }) }
const edge = createEdgeValidator({ secret: SECRET, publicKeys, revocations: 'none' })
const node = createTokenVerifier({ secret: SECRET, publicKeys })

async function expectAgreement(token: string): Promise<void> {
  expect(await edgeOutcome(edge, token)).toBe(refusal(() => node.verify(token)))
}

describe('the validators for Node.js and for the edge agree', () => {
  it('on a token with any character changed, added or removed', async () => {
    const tokens = [sign(claims()), signES256(claims())]
    const edit = fc.record({
      which: fc.nat(1),
      at: fc.nat(),
      drop: fc.constantFrom(0, 1),
      put: fc.oneof(fc.string({ maxLength: 1 }), fc.constantFrom('A', '.', '=', '-', '_', '\0', 'é')),
    })
    await fc.assert(
      fc.asyncProperty(edit, async ({ which, at, drop, put }) => {
        const token = tokens[which]!
        const place = at % (token.length + 1)
        await expectAgreement(token.slice(0, place) + put + token.slice(place + drop))
      }),
      { numRuns: 2000 },
    )
  })

  it('on any text, any header and any JSON payload', async () => {
    const header = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          alg: fc.constantFrom('HS256', 'ES256', 'none', null),
          typ: fc.constantFrom('at+jwt', 'JWT', null),
          kid: fc.oneof(fc.constantFrom('k1', 'k2', ''), fc.jsonValue()),
          crit: fc.jsonValue(),
        },
        { requiredKeys: ['alg', 'typ'] },
      ),
    )
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('postern', ['postern'], 1e308, '1', null, 0))
    const payload = fc.oneof(
      fc.jsonValue(),
      fc.record(Object.fromEntries(Object.keys(claims()).map((name) => [name, value])), { requiredKeys: [] }),
      fc.constant(claims()),
    )
    const signed = fc.tuple(header, payload).map(([head, body]) => {
      const input = `${base64url(JSON.stringify(head))}.${base64url(JSON.stringify(body))}`
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
    })
    const token = fc.oneof(
      fc.string({ unit: 'binary' }),
      signed,
      fc.base64String().map((rest) => `v4.local.${rest}`),
    )
    await fc.assert(fc.asyncProperty(token, expectAgreement), { numRuns: 2000 })
  })

  it('on signed payloads that are not UTF-8, or start with a byte order mark', async () => {
    const head = base64url({ alg: 'HS256', typ: 'at+jwt' })
    const signed = (payload: Uint8Array) => {
      const input = `${head}.${Buffer.from(payload).toString('base64url')}`
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
    }
    const json = Buffer.from(JSON.stringify(claims({ sub: 'user' })))
    await expectAgreement(signed(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), json])))
    const at = json.indexOf('"user"') + 1
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 4 }), async (bytes) => {
        const token = signed(Buffer.concat([json.subarray(0, at), bytes, json.subarray(at)]))
        await expectAgreement(token)
        if ((await edgeOutcome(edge, token)) === 'accepted')
          expect((await edge.validate(token)).userId).toBe(node.verify(token).sub)
      }),
      { numRuns: 1000 },
    )
  })

  it.each([0, 30, 60])(
    'on the second in which a token starts and ends, with a tolerance of %d s',
    async (clockSkew) => {
      const token = sign(claims({ nbf: 1000, exp: 2000 }))
      for (const [seconds, outcome] of [
        [1000 - clockSkew - 0.001, 'not_yet_valid'],
        [1000 - clockSkew, 'accepted'],
        [2000 + clockSkew - 0.001, 'accepted'],
        [2000 + clockSkew, 'expired'],
      ] as const) {
        const now = () => seconds * 1000
        const options = { secret: SECRET, clockSkew, now }
        expect(await edgeOutcome(createEdgeValidator({ ...options, revocations: 'none' }), token)).toBe(outcome)
        expect(refusal(() => createTokenVerifier(options).verify(token))).toBe(outcome)
      }
    },
  )

  it('on what is no token', async () => {
    for (const token of [undefined, null, '', 5, {}, [sign(claims())], Buffer.from(sign(claims()))])
      expect(await edgeOutcome(edge, token as string)).toBe('missing_token')
  })
})

it('accepts the tokens of another library, and both secrets of a rotation', async () => {
  const key = await importJWK(otherPair.privateKey.export({ format: 'jwk' }), 'ES256')
  const header = { alg: 'ES256', typ: 'at+jwt', kid: 'k2' }
  const payload = claims()
  const token = await new SignJWT({ ...payload }).setProtectedHeader(header).sign(key)
  const other = otherPair.publicKey.export({ format: 'jwk' })
  const set = { keys: [{ ...other, kid: 'k2' }] }
  const validator = createEdgeValidator({ publicKeys: set, revocations: 'none' })
  expect(await validator.validate(token)).toEqual({
    userId: payload.sub,
    sessionId: payload.sid,
    clientId: payload.client_id ?? null,
    tokenId: payload.jti,
    roles: payload.roles,
    authTime: new Date(payload.auth_time! * 1000),
    amr: ['pwd'],
    acr: 'aal1',
    claims: payload,
    revocationChecked: false,
  })
  const rotating = createEdgeValidator({
    secret: ['a new secret of more than 32 bytes, for all', SECRET],
    revocations: 'none',
  })
  expect(await edgeOutcome(rotating, sign(claims()))).toBe('accepted')
})

describe('requests', () => {
  const page = { 'x-postern-cookies': '1', origin: 'https://app.example.com', host: 'app.example.com' }
  const cookie = () => `__Host-postern-access=${sign(claims({ sub: 'cookie-user' }))}`
  const request = (headers: Record<string, string>) =>
    new Request('https://app.example.com/api', { method: 'POST', headers })
  const COOKIES = { tokenFrom: ['bearer', 'cookie'] } as const

  it('are authenticated by Bearer token, or by cookie under the CSRF rules', async () => {
    const bearer = `Bearer ${sign(claims({ sub: 'bearer-user' }))}`
    expect((await authenticate(edge, request({ authorization: bearer }))).userId).toBe('bearer-user')
    expect((await authenticate(edge, new Headers({ authorization: bearer }))).userId).toBe('bearer-user')
    expect((await authenticate(edge, request({ ...page, cookie: cookie() }), COOKIES)).userId).toBe('cookie-user')
    const refused = async (headers: Record<string, string>, options = {}) =>
      authenticate(edge, request(headers), options).then(
        () => 'accepted',
        (error: unknown) => (error as SessionError).code,
      )
    expect(await refused({ ...page, cookie: cookie() })).toBe('missing_token')
    expect(await refused({ cookie: cookie() }, COOKIES)).toBe('csrf_rejected')
    expect(await refused({ ...page, origin: 'https://evil.example', cookie: cookie() }, COOKIES)).toBe('csrf_rejected')
    expect(await refused({ ...page, cookie: cookie(), authorization: 'Bearer x' }, COOKIES)).toBe('malformed_token')
  })

  it('that are none are a TypeError, and so are invalid options', async () => {
    await expect(authenticate(edge, {} as Request)).rejects.toThrow(TypeError)
    await expect(authenticate(edge, request({}), { tokenFrom: [] })).rejects.toThrow(TypeError)
  })
})

describe('the check of revocations', () => {
  const errors: Error[] = []
  const start = (options: Partial<EdgeValidatorOptions>) => {
    errors.length = 0
    return createEdgeValidator({
      secret: SECRET,
      revocations: 'none',
      onError: (error) => errors.push(error),
      ...options,
    })
  }

  it('decides, and the result says that it was made', async () => {
    const revoked = new Set<string>()
    const sessions = start({ revocations: async ({ jti }) => revoked.has(jti) })
    const payload = claims()
    const token = sign(payload)
    expect(await sessions.validate(token)).toMatchObject({ revocationChecked: true })
    revoked.add(payload.jti)
    expect(await edgeOutcome(sessions, token)).toBe('revoked')
  })

  it('gets the verified claims and the token, and is not made for an invalid token', async () => {
    const seen: unknown[] = []
    const sessions = start({ revocations: (read, { token }) => (seen.push([read, token]), false) })
    const payload = claims()
    const token = sign(payload)
    await sessions.validate(token)
    for (const bad of [sign(claims({ exp: 1000 })), sign(payload, {}, 'another secret of more than 32 bytes')])
      expect(await edgeOutcome(sessions, bad)).toMatch(/expired|bad_signature/)
    expect(seen).toEqual([[payload, token]])
  })

  it.each<[string, EdgeValidatorOptions['revocations']]>([
    [
      'throws',
      () => {
        throw new Error('KV is down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('KV is down'))],
    ['returns nothing', (() => undefined) as never],
    ['returns a text', (async () => 'revoked') as never],
    ['never ends', () => new Promise(() => {})],
  ])('answers 503 if it %s, and never 401', async (_, revocations) => {
    const sessions = start({ revocations, checkWithin: 0.05 })
    const error = await sessions.validate(sign(claims())).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({ code: 'revocations_unavailable', status: 503, headers: { 'retry-after': '1' } })
    expect(errors).toHaveLength(1)
    const open = start({ revocations, checkWithin: 0.05, whenCheckFails: 'allow' })
    expect(await open.validate(sign(claims()))).toMatchObject({ revocationChecked: false })
  })

  it('learns by its signal that the time is up', async () => {
    let aborted = false
    const sessions = start({
      checkWithin: 0.05,
      revocations: (_, { signal }) => new Promise(() => signal.addEventListener('abort', () => (aborted = true))),
    })
    expect(await edgeOutcome(sessions, sign(claims()))).toBe('revocations_unavailable')
    expect(aborted).toBe(true)
  })
})

it('names no part of the token in any error', async () => {
  const secretive = sign(
    claims({ sub: `user-${randomUUID()}` }),
    {},
    'another secret that is also longer than 32 bytes',
  )
  const error = (await edge.validate(secretive).catch((thrown: unknown) => thrown)) as SessionError
  const shown = JSON.stringify(error, Object.getOwnPropertyNames(error)) + JSON.stringify(error.headers)
  for (const part of secretive.split('.')) expect(shown).not.toContain(part)
})

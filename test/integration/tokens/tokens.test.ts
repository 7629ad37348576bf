import { createHmac } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SignedIn } from '../../support/client.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'

let service: Service
let user: SignedIn
let claims: Record<string, unknown>

beforeAll(async () => {
  service = await startService()
  user = await service.signUp()
  claims = jwt.decode(user.token) as Record<string, unknown>
})
afterAll(() => service.stop())

const SECRET = TEST_ENVIRONMENT.JWT_SECRET
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Signs anything, as an attacker who knows the secret could. */
function forge(header: object, payload: object, secret = SECRET): string {
  const content = `${base64(header)}.${base64(payload)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

const HEADER = { alg: 'HS256', typ: 'at+jwt' }
const code = async (token: string) => (await service.graphql('{ profile { id } }', {}, token)).code
const now = () => Math.floor(Date.now() / 1000)

describe('an access token', () => {
  it('is accepted if it equals one that the service issues', async () => {
    expect(await code(forge(HEADER, claims))).toBeUndefined()
  })

  it('is accepted within the tolerated clock skew, and not beyond', async () => {
    expect(await code(forge(HEADER, { ...claims, exp: now() - 25 }))).toBeUndefined()
    expect(await code(forge(HEADER, { ...claims, exp: now() - 35 }))).toBe('UNAUTHENTICATED')
    expect(await code(forge(HEADER, { ...claims, nbf: now() + 25 }))).toBeUndefined()
    expect(await code(forge(HEADER, { ...claims, nbf: now() + 35 }))).toBe('UNAUTHENTICATED')
  })

  it.each(['none', 'None', 'nOnE', 'HS384', 'RS256', 'ES256'])('is refused with the algorithm %s', async (alg) => {
    expect(await code(forge({ ...HEADER, alg }, claims))).toBe('UNAUTHENTICATED')
    expect(await code(`${base64({ ...HEADER, alg })}.${base64(claims)}.`)).toBe('UNAUTHENTICATED')
  })

  it.each(['JWT', 'rt+jwt', '', undefined])('is refused with the type %s', async (typ) => {
    expect(await code(forge({ alg: 'HS256', typ }, claims))).toBe('UNAUTHENTICATED')
  })

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'elsewhere' }],
    ['another audience', { aud: 'elsewhere' }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is a string', { exp: '9999999999' }],
    ['an expiry beyond all numbers', { exp: 1e308 }],
    ['a session that does not exist', { sid: '01a20128-2e38-75f8-986e-081b88796c39' }],
    ['a session that is no string', { sid: 5 }],
    ['a session whose id is not ASCII', { sid: 'séance' }],
    ['the session of another user', { sub: '01a20128-2e38-75f8-986e-081b88796c39' }],
    ['another generation', { gen: 0 }],
    ['a generation to come', { gen: 2 }],
    ['no roles', { roles: undefined }],
    ['a client_id that is no string', { client_id: 5 }],
    ['an empty client_id', { client_id: '' }],
  ])('is refused with %s', async (_, change) => {
    expect(await code(forge(HEADER, { ...claims, ...change }))).toBe('UNAUTHENTICATED')
  })

  it('is refused with another secret', async () => {
    expect(await code(forge(HEADER, claims, 'x'.repeat(32)))).toBe('UNAUTHENTICATED')
  })

  it.each([
    ['a refresh token', () => user.refreshToken],
    ['four segments', () => `${user.token}.x`],
    ['two segments', () => user.token.split('.').slice(0, 2).join('.')],
    ['a changed signature', () => user.token.slice(0, -4) + 'AAAA'],
    ['nothing', () => ''],
    ['a megabyte less', () => 'a'.repeat(10_000)],
  ])('is refused if it is %s', async (_, token) => {
    expect(await code(token())).toBe('UNAUTHENTICATED')
  })

  it('is ignored if it is invalid and no sign-in is needed', async () => {
    const answer = await service.graphql('{ checkUsernameAvailability(username: "abc") { available } }', {}, 'nonsense')
    expect(answer.errors).toEqual([])
  })
})

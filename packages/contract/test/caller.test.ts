import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createCallerSigner, createCallerVerifier, type GatewayCaller } from '../src/caller.js'

const KEY = 'the key of the gateway, 32 bytes long'
const METHOD = '/postern.auth.v1.AuthService/GetUserProfile'
const START = 1_800_000_000

const caller: GatewayCaller = {
  user: { id: 'user', sessionId: 'session', roles: ['USER'], amr: ['pwd', 'otp', 'mfa'], authTime: START - 60 },
  address: '192.0.2.7',
  userAgent: 'curl/8.5.0',
  requestId: 'request-1',
  http: { method: 'GET', url: 'https://api.example.com/auth/me' },
}
const anonymous: GatewayCaller = { ...caller, user: null, userAgent: null }

const sign = createCallerSigner(KEY, () => START)
const verifierAt = (seconds: number, keys = [KEY]) => createCallerVerifier(keys, () => seconds)
const verify = verifierAt(START)

it.each([
  ['a signed-in user', caller],
  ['a caller without a token', anonymous],
  ['a user of an earlier token', { ...caller, user: { ...caller.user!, authTime: null } }],
])('returns %s as it was signed', (_, signed) => {
  expect(verify(METHOD, sign(METHOD, signed))).toEqual(signed)
})

it('is valid for 30 seconds, with a clock that is up to 5 seconds ahead', () => {
  const signed = sign(METHOD, caller)
  expect(verifierAt(START + 30)(METHOD, signed)).toEqual(caller)
  expect(verifierAt(START + 31)(METHOD, signed)).toBeNull()
  expect(verifierAt(START - 5)(METHOD, signed)).toEqual(caller)
  expect(verifierAt(START - 6)(METHOD, signed)).toBeNull()
})

it('is valid for one method only', () => {
  expect(verify('/postern.auth.v1.AuthService/Logout', sign(METHOD, caller))).toBeNull()
})

it('accepts the key before a rotation, and no other', () => {
  const signed = sign(METHOD, caller)
  expect(verifierAt(START, ['the key after a rotation, 32 bytes', KEY])(METHOD, signed)).toEqual(caller)
  expect(verifierAt(START, ['the key of another gateway, 32 bytes'])(METHOD, signed)).toBeNull()
  expect(verifierAt(START, [])(METHOD, signed)).toBeNull()
})

describe('refuses', () => {
  const [header = '', payload = '', signature = ''] = sign(METHOD, caller).split('.')
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
  const signedWith = (head: string, body: string) =>
    `${head}.${body}.${createHmac('sha256', KEY).update(`${head}.${body}`).digest('base64url')}`

  it('nothing that was only signed in the same way', () => {
    expect(verify(METHOD, signedWith(header, payload))).toEqual(caller)
  })

  it.each([
    ['an empty text', ''],
    ['a text without parts', 'caller'],
    ['a caller without a signature', `${header}.${payload}.`],
    ['a caller with a part too many', `${header}.${payload}.${signature}.`],
    ['claims that were changed', `${header}.${encode({ ...claims, sub: 'other' })}.${signature}`],
    ['a shorter signature', `${header}.${payload}.${signature.slice(0, -4)}`],
    ['the algorithm none', `${encode({ alg: 'none', typ: 'postern-caller+jwt' })}.${payload}.`],
    ['another type of JWS', signedWith(encode({ alg: 'HS256', typ: 'JWT' }), payload)],
    ['no JSON', signedWith(header, Buffer.from('no JSON').toString('base64url'))],
    ['no object', signedWith(header, encode(null))],
    ['a claim that is missing', signedWith(header, encode({ ...claims, address: undefined }))],
    ['a claim of the wrong type', signedWith(header, encode({ ...claims, roles: 'ADMIN' }))],
    ['a caller that is too long', signedWith(header, encode({ ...claims, user_agent: 'a'.repeat(8192) }))],
  ])('%s', (_, signed) => {
    expect(verify(METHOD, signed)).toBeNull()
  })
})

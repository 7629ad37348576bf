import { createTokenVerifier } from '@postern/session'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Account, unique } from '../../support/client.js'
import { createProver, type ProofClaims, type Prover } from '../../support/dpop.js'
import { addApp, appCode, claimsOf, forgetSteps, REAUTHENTICATE, VERIFY } from '../../support/factors.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { type Instance, type Service, startInstance, startService, TEST_ENVIRONMENT } from '../../support/service.js'
import { follow, overSse, overWebSocket, REVOKED } from '../../support/subscriptions.js'

const PUBLIC_URL = 'https://auth.example.com/v1'
const PASETO_KEY = 'ab'.repeat(32)

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { token refreshToken tokenType user { id } } }`
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken tokenType } }'
const PROFILE = '{ profile { id } }'

interface Tokens {
  token: string
  refreshToken: string
  tokenType: string
}

let service: Service
/** Knows its URL, and requires nonces. */
let strict: Instance
let prover: Prover
let thief: Prover
let account: Account

beforeAll(async () => {
  ;[prover, thief] = await Promise.all([createProver(), createProver('EdDSA')])
  service = await startService()
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  strict = await startInstance({ ...shared, DPOP_URLS: PUBLIC_URL, DPOP_NONCE: 'required' })
  account = await service.register()
})
afterAll(async () => {
  await strict.stop()
  await service.stop()
})

/** Sends a request with these headers. Two values become two headers. */
async function send(on: Instance, query: string, variables: object, headers: Record<string, string | string[]>) {
  const list = Object.entries(headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
  const response = await fetch(`${on.url}/graphql`, {
    method: 'POST',
    headers: [['content-type', 'application/json'], ...list] as [string, string][],
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors = [] } = (await response.json()) as { data?: any; errors?: any[] }
  const [{ message = '', extensions = {} } = {}] = errors
  const code = extensions.code as string | undefined
  return { status: response.status, headers: response.headers, data, code, message: message as string, extensions }
}

const proofFor = (claims: ProofClaims = {}, by = prover, header?: object) =>
  by.proof({ htm: 'POST', htu: `${service.url}/graphql`, ...claims }, header)

const inputOf = ({ email, password }: Account) => ({ input: { email, password } })

async function signIn(who = account, by = prover): Promise<Tokens> {
  const { data } = await send(service, LOGIN, inputOf(who), { dpop: await proofFor({}, by) })
  return data.login as Tokens
}

/** With a new proof of the key. */
const withKey = async (token: string, by = prover) => ({
  authorization: `DPoP ${token}`,
  dpop: await proofFor({ token }, by),
})
const profile = async (headers: Record<string, string | string[]>, on: Instance = service) =>
  send(on, PROFILE, {}, headers)

describe('a login with a proof', () => {
  it('gets tokens that are bound to the key, which the service accepts with a proof each time', async () => {
    const { token, tokenType } = await signIn()
    expect(tokenType).toBe('DPoP')
    expect(claimsOf(token)).toMatchObject({ cnf: { jkt: prover.thumbprint } })
    // The first by Apollo Server, the others by the plan of a known document.
    for (let n = 0; n < 3; n++)
      expect(await profile(await withKey(token))).toMatchObject({ status: 200, data: { profile: { id: account.id } } })
  })

  it('ends the session of a bound token that comes with it', async () => {
    const first = await signIn()
    const { data } = await send(service, LOGIN, inputOf(account), await withKey(first.token))
    expect((await profile(await withKey(first.token))).code).toBe('UNAUTHENTICATED')
    expect((await profile(await withKey(data.login.token as string))).code).toBeUndefined()
  })

  it('of someone else ends nothing in the hands of a thief: neither a bound session without its key, nor one whose token has ended', async () => {
    const other = await service.signUp()
    const { token, refreshToken } = await signIn()
    const asCookie = { origin: service.url, 'x-postern-cookies': '1', cookie: `__Host-postern-refresh=${refreshToken}` }
    const byCookie = await send(service, LOGIN, inputOf(other), asCookie)
    expect(byCookie.code).toBeUndefined()
    expect((await profile(await withKey(token))).code).toBeUndefined()

    const kept = await service.signUp()
    const proved = await service.succeed(REAUTHENTICATE, { input: { password: kept.password } }, kept.token)
    await send(service, LOGIN, inputOf(other), { authorization: `Bearer ${kept.token}` })
    const { token: renewed } = proved['reauthenticate'] as Tokens
    expect((await profile({ authorization: `Bearer ${renewed}` })).data.profile.id).toBe(kept.id)
  })

  it('without one gets bearer tokens', async () => {
    const { data } = await send(service, LOGIN, inputOf(account), {})
    expect(data.login.tokenType).toBe('Bearer')
    expect(claimsOf(data.login.token as string)).not.toHaveProperty('cnf')
    expect((await profile({ authorization: `Bearer ${data.login.token}` })).data.profile.id).toBe(account.id)
  })

  it('is refused before anything else happens if the proof is not valid: nothing shows whether the password is right', async () => {
    for (const password of [account.password, 'wrong password']) {
      const answer = await send(service, LOGIN, inputOf({ ...account, password }), {
        dpop: await proofFor({ htm: 'GET' }),
      })
      expect(answer).toMatchObject({ status: 401, code: 'INVALID_DPOP_PROOF' })
    }
  })

  it('is a second step too: a wrong proof uses up neither the challenge nor the code', async () => {
    const user = await addApp(service, await service.signUp())
    await forgetSteps(service, user)
    const first = await send(service, LOGIN, inputOf(user), { dpop: await proofFor() })
    expect(first.code).toBe('MFA_REQUIRED')
    const input = { challenge: first.extensions.challenge as string, code: appCode(user.secret) }
    const wrong = await send(service, VERIFY, { input }, { dpop: await proofFor({ htu: 'https://evil.example.com' }) })
    expect(wrong.code).toBe('INVALID_DPOP_PROOF')
    const { data } = await send(service, VERIFY, { input }, { dpop: await proofFor() })
    expect(claimsOf(data.verifyMfa.token as string)).toMatchObject({ cnf: { jkt: prover.thumbprint } })
  })

  it('and cookies exclude each other', async () => {
    const cookies = { origin: service.url, 'x-postern-cookies': '1' }
    const answer = await send(service, LOGIN, inputOf(account), { ...cookies, dpop: await proofFor() })
    expect(answer).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('cookies') as string })
    expect(answer.headers.get('set-cookie')).toBeNull()
  })
})

describe('a request with a bound token', () => {
  let bound: string
  let plain: string
  beforeAll(async () => {
    bound = (await signIn()).token
    plain = (await service.login(account)).token
  })

  const proof = (claims: ProofClaims = {}, by?: Prover, header?: object) =>
    proofFor({ token: bound, ...claims }, by, header)
  const dpop = () => ({ authorization: `DPoP ${bound}` })
  const refusals: Record<string, [headers: () => object | Promise<object>, code: string]> = {
    'as Bearer': [() => ({ authorization: `Bearer ${bound}` }), 'UNAUTHENTICATED'],
    'as Bearer with a proof': [
      async () => ({ authorization: `Bearer ${bound}`, dpop: await proof() }),
      'UNAUTHENTICATED',
    ],
    'without a proof': [dpop, 'INVALID_DPOP_PROOF'],
    'with two proofs': [async () => ({ ...dpop(), dpop: [await proof(), await proof()] }), 'INVALID_DPOP_PROOF'],
    'with a proof of another key': [async () => ({ ...dpop(), dpop: await proof({}, thief) }), 'UNAUTHENTICATED'],
    'with a proof for another method': [
      async () => ({ ...dpop(), dpop: await proof({ htm: 'GET' }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with a proof for another service': [
      async () => ({ ...dpop(), dpop: await proof({ htu: 'https://api.example.com/graphql' }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with a proof for another path': [
      async () => ({ ...dpop(), dpop: await proof({ htu: `${service.url}/graphql/stream` }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with a proof for another token': [
      async () => ({ ...dpop(), dpop: await proof({ token: plain }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with a proof of a login': [async () => ({ ...dpop(), dpop: await proofFor() }), 'INVALID_DPOP_PROOF'],
    'with an old proof': [async () => ({ ...dpop(), dpop: await proof({ iat: 1_562_262_618 }) }), 'USE_DPOP_NONCE'],
    'with a made-up nonce': [async () => ({ ...dpop(), dpop: await proof({ nonce: 'made-up' }) }), 'USE_DPOP_NONCE'],
    'with another kind of JWT': [
      async () => ({ ...dpop(), dpop: await proof({}, prover, { typ: 'at+jwt' }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with a huge proof': [
      async () => ({ ...dpop(), dpop: await proof({ x: 'x'.repeat(4096) }) }),
      'INVALID_DPOP_PROOF',
    ],
    'with the access token as proof': [() => ({ ...dpop(), dpop: bound }), 'INVALID_DPOP_PROOF'],
    'that is a bearer token': [
      async () => ({ authorization: `DPoP ${plain}`, dpop: await proof({ token: plain }) }),
      'UNAUTHENTICATED',
    ],
  }
  it.each(Object.entries(refusals))('%s is refused', async (_, [headers, code]) => {
    const answer = await profile((await headers()) as Record<string, string>)
    expect(answer.code).toBe(code)
    if (code === 'UNAUTHENTICATED') return
    expect(answer.status).toBe(401)
    const error = code === 'USE_DPOP_NONCE' ? 'use_dpop_nonce' : 'invalid_dpop_proof'
    expect(answer.headers.get('www-authenticate')).toContain(`DPoP algs="ES256 EdDSA Ed25519 PS256", error="${error}"`)
    expect(answer.headers.get('dpop-nonce')).toBe(answer.extensions.nonce ?? null)
  })

  it('is refused by validators that check no proofs', () => {
    const verifier = createTokenVerifier({ secret: TEST_ENVIRONMENT.JWT_SECRET })
    expect(() => verifier.verify(bound)).toThrow(expect.objectContaining({ code: 'proof_required' }))
  })

  it('can use each proof once, and for all operations of one request', async () => {
    const headers = await withKey(bound)
    const twice = '{ profile { id } sessions { id } }'
    expect((await send(service, twice, {}, headers)).data.profile.id).toBe(account.id)
    expect(await profile(headers)).toMatchObject({
      code: 'INVALID_DPOP_PROOF',
      message: expect.stringContaining('used before') as string,
    })
    const both = await withKey(bound)
    const [one, two] = await Promise.all([profile(both), profile(both)])
    expect([one.code, two.code].filter((code) => code === undefined)).toHaveLength(1)
  })

  it('can do what needs no user without a proof, and public operations ignore a bad one', async () => {
    const answer = await send(service, '{ policy { passwordMinLength } }', {}, { dpop: 'bad' })
    expect(answer).toMatchObject({ status: 200, code: undefined })
  })

  it('reads the states of the circuit breakers as an administrator', async () => {
    const admin = await service.signUpAdmin((email) =>
      service.database.query("UPDATE users SET role = 'ADMIN' WHERE email = ?", [email]),
    )
    const { token } = await signIn(admin)
    const url = `${service.url}/circuit-breaker/status`
    const get = async (htu: string) =>
      fetch(url, { headers: { authorization: `DPoP ${token}`, dpop: await prover.proof({ htm: 'GET', htu, token }) } })
    expect((await get(url)).status).toBe(200)
    const refused = await get(`${service.url}/graphql`)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('DPoP ')])
  })
})

describe('the refresh token of a bound session', () => {
  const refresh = (token: string, headers: Record<string, string> = {}) => send(service, REFRESH, { token }, headers)

  it('needs a proof of the same key, and the binding stays', async () => {
    const { refreshToken } = await signIn()
    expect(await refresh(refreshToken)).toMatchObject({ status: 401, code: 'INVALID_DPOP_PROOF' })
    expect((await refresh(refreshToken, { dpop: await proofFor({}, thief) })).code).toBe('INVALID_DPOP_PROOF')
    const { data } = await refresh(refreshToken, { dpop: await proofFor() })
    expect(data.refreshToken.tokenType).toBe('DPoP')
    expect(claimsOf(data.refreshToken.token as string)).toMatchObject({ cnf: { jkt: prover.thumbprint } })
  })

  it('does not end the session when a thief without the key uses it, but does when the key uses it twice', async () => {
    const { refreshToken: first } = await signIn()
    const { data } = await refresh(first, { dpop: await proofFor() })
    const { token, refreshToken } = data.refreshToken as Tokens
    await service.database.query('UPDATE sessions SET rotated_at = rotated_at - INTERVAL 1 HOUR WHERE id = ?', [
      first.split('.')[0],
    ])
    for (const headers of [{}, { dpop: await proofFor({}, thief) }])
      expect((await refresh(first, headers)).code).toBe('INVALID_DPOP_PROOF')
    expect((await profile(await withKey(token))).status).toBe(200)
    expect((await refresh(first, { dpop: await proofFor() })).code).toBe('REFRESH_TOKEN_REUSED')
    expect((await profile(await withKey(token))).code).toBe('UNAUTHENTICATED')
    expect((await refresh(refreshToken, { dpop: await proofFor() })).code).toBe('UNAUTHENTICATED')
  })

  it('of a bearer session can not be bound afterwards: a thief could bind it to another key', async () => {
    const { refreshToken } = await service.login(account)
    const { data } = await refresh(refreshToken, { dpop: await proofFor({}, thief) })
    expect(data.refreshToken.tokenType).toBe('Bearer')
    expect((await refresh(data.refreshToken.refreshToken as string)).data.refreshToken.tokenType).toBe('Bearer')
  })

  it('is replaced by a bound one when the password changes, or the person proves who they are', async () => {
    const user = await service.register()
    const { token } = await signIn(user)
    const { password } = user
    const reauthenticate =
      'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { token refreshToken tokenType } }'
    const proved = await send(service, reauthenticate, { input: { password } }, await withKey(token))
    expect(claimsOf(proved.data.reauthenticate.token as string)).toMatchObject({ cnf: { jkt: prover.thumbprint } })
    const update =
      'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token refreshToken tokenType } }'
    const next = `new ${unique()}`
    const input = { oldPassword: password, newPassword: next, confirmNewPassword: next }
    const changed = await send(service, update, { input }, await withKey(proved.data.reauthenticate.token as string))
    const { tokenType, refreshToken } = changed.data.updatePassword as Tokens
    expect(tokenType).toBe('DPoP')
    expect((await refresh(refreshToken)).code).toBe('INVALID_DPOP_PROOF')
    expect((await refresh(refreshToken, { dpop: await proofFor() })).data.refreshToken.tokenType).toBe('DPoP')
  })
})

describe('a service that requires nonces, and knows its URL', () => {
  const proof = (nonce: unknown, claims: ProofClaims = {}) =>
    prover.proof({ htm: 'POST', htu: `${PUBLIC_URL}/graphql`, nonce, ...claims })

  it('issues one with the refusal, and accepts proofs with it whatever the time of the client', async () => {
    const refused = await send(strict, LOGIN, inputOf(account), { dpop: await proof(undefined) })
    expect(refused).toMatchObject({ status: 401, code: 'USE_DPOP_NONCE' })
    const nonce = refused.headers.get('dpop-nonce')
    expect(refused.headers.get('access-control-expose-headers')).toContain('DPoP-Nonce')
    const { data } = await send(strict, LOGIN, inputOf(account), { dpop: await proof(nonce, { iat: 1_562_262_618 }) })
    const { token } = data.login as Tokens
    const authorization = `DPoP ${token}`
    expect((await profile({ authorization, dpop: await proof(nonce, { token }) }, strict)).data.profile.id).toBe(
      account.id,
    )
    expect((await profile({ authorization, dpop: await proof(undefined, { token }) }, strict)).code).toBe(
      'USE_DPOP_NONCE',
    )
  })

  it('accepts no proof for another URL, also if the Host header names it', async () => {
    const refused = await send(strict, LOGIN, inputOf(account), { dpop: await proof(undefined) })
    const nonce = refused.headers.get('dpop-nonce')
    const dpop = await prover.proof({ htm: 'POST', htu: `${strict.url}/graphql`, nonce })
    expect((await send(strict, LOGIN, inputOf(account), { dpop })).code).toBe('INVALID_DPOP_PROOF')
  })
})

it('PASETO tokens are bound too', async () => {
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  const paseto = await startInstance({ ...shared, DPOP_URLS: PUBLIC_URL, TOKEN_FORMAT: 'paseto', PASETO_KEY })
  onTestFinished(() => paseto.stop())
  const proof = (claims: ProofClaims = {}) => prover.proof({ htm: 'POST', htu: `${PUBLIC_URL}/graphql`, ...claims })
  const { data } = await send(paseto, LOGIN, inputOf(account), { dpop: await proof() })
  const { token } = data.login as Tokens
  expect((await profile({ authorization: `Bearer ${token}` }, paseto)).code).toBe('UNAUTHENTICATED')
  const answer = await profile({ authorization: `DPoP ${token}`, dpop: await proof({ token }) }, paseto)
  expect(answer.data.profile.id).toBe(account.id)
  const verifier = createTokenVerifier({ pasetoKey: PASETO_KEY })
  expect(verifier.verify(token, prover.thumbprint).cnf).toEqual({ jkt: prover.thumbprint })
  expect(() => verifier.verify(token)).toThrow(expect.objectContaining({ code: 'proof_required' }))
})

it('proofs of those who have no token, and no password, are not stored', async () => {
  const redis = new Redis(testRedisUrl())
  onTestFinished(() => redis.disconnect())
  const count = async () => (await redis.keys('*dpop:*')).length
  const before = await count()
  expect((await profile(await withKey('unknown'))).code).toBe('UNAUTHENTICATED')
  const wrong = inputOf({ ...account, password: 'wrong password' })
  expect((await send(service, LOGIN, wrong, { dpop: await proofFor() })).code).toBe('UNAUTHENTICATED')
  expect(await count()).toBe(before)
  await signIn()
  expect(await count()).toBe(before + 1)
})

it('without Redis, no proof is accepted, because it may have been used before, and bearer tokens work', async () => {
  const redis = await privateRedis()
  const alone = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: redis.url })
  onTestFinished(async () => {
    await alone.stop()
    await redis.restart()
    await redis.remove()
  })
  const proof = (claims: ProofClaims = {}) => prover.proof({ htm: 'POST', htu: `${alone.url}/graphql`, ...claims })
  const { token } = (await send(alone, LOGIN, inputOf(account), { dpop: await proof() })).data.login as Tokens
  await redis.stop()
  const refused = await profile({ authorization: `DPoP ${token}`, dpop: await proof({ token }) }, alone)
  expect(refused).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
  expect((await send(alone, LOGIN, inputOf(account), { dpop: await proof() })).code).toBe('SERVICE_UNAVAILABLE')
  const bearer = (await send(alone, LOGIN, inputOf(account), {})).data.login as Tokens
  expect((await profile({ authorization: `Bearer ${bearer.token}` }, alone)).data.profile.id).toBe(account.id)
})

describe('subscriptions', () => {
  it('over server-sent events need a proof for their URL', async () => {
    const { token } = await signIn()
    const htu = `${service.url}/graphql/stream`
    const proof = (claims: ProofClaims = {}) => prover.proof({ htm: 'POST', htu, token, ...claims })
    const open = (headers: Record<string, string>) => {
      const client = overSse(service.url, headers)
      onTestFinished(() => client.dispose())
      return follow(client, REVOKED)
    }
    const good = await open({ authorization: `DPoP ${token}`, dpop: await proof() })
    const post = async (headers: Record<string, string>) => {
      const sent = { 'content-type': 'application/json', accept: 'text/event-stream', ...headers }
      return fetch(htu, { method: 'POST', headers: sent, body: JSON.stringify({ query: REVOKED }) })
    }
    expect(await (await post({ authorization: `Bearer ${token}` })).text()).toContain('UNAUTHENTICATED')
    const wrong = await post({ authorization: `DPoP ${token}`, dpop: await proof({ htu: `${service.url}/graphql` }) })
    expect(wrong.status).toBe(401)
    expect(await wrong.text()).toContain('INVALID_DPOP_PROOF')
    expect(good.ended()).toBeNull()
  })

  it('over a WebSocket need a proof for the GET that opened it, in connection_init', async () => {
    const { token } = await signIn()
    const proof = (claims: ProofClaims = {}) =>
      prover.proof({ htm: 'GET', htu: `${service.url}/graphql`, token, ...claims })
    const open = (params: Record<string, unknown>) => {
      const client = overWebSocket(service.url, params)
      onTestFinished(() => void client.dispose())
      return client
    }
    const good = open({ authorization: `DPoP ${token}`, dpop: await proof() })
    await good.connected()
    expect(good.closes).toEqual([])
    for (const params of [
      { authorization: `Bearer ${token}` },
      { authorization: `DPoP ${token}` },
      { authorization: `DPoP ${token}`, dpop: await proof({ htm: 'POST' }) },
    ])
      expect(await open(params).closed()).toMatchObject({ code: 4403 })
  })
})

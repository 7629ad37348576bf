import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { Client, credentials, Metadata, status as codes } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ERROR_STATUSES, jsonPath } from '../../../packages/contract/src/error-statuses.js'
import { LOGIN, REGISTER, type SignedIn, unique } from '../../support/client.js'
import { addApp, VERIFY } from '../../support/factors.js'
import { bearer, connect, failureOf, type GrpcConnection, readFailure } from '../../support/grpc.js'
import { type Service, startService } from '../../support/service.js'

let service: Service
let grpc: GrpcConnection
let user: SignedIn
let other: SignedIn

beforeAll(async () => {
  service = await startService({ GRPC_PORT: '0', ...{ TERMS_VERSION: '1', TERMS_URL: 'https://example.com/terms' } })
  grpc = connect(service.grpc!.port)
  user = await service.signUp()
  other = await service.signUp()
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

const PROFILE = '{ profile { id } }'
const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'
const REFRESH = 'mutation ($token: String!, $userId: ID) { refreshToken(token: $token, userId: $userId) { token } }'
const INITIATE = `mutation ($provider: String!, $redirectTo: String!) {
  initiateOAuth(provider: $provider, redirectTo: $redirectTo) { binding } }`
const COMPLETE = 'mutation ($input: CompleteOAuthInput!) { completeOAuth(input: $input) { token } }'

const account = () => ({ email: `${unique()}@example.com`, username: unique(), password: 'correct horse' })

describe('a refused call has the code, the message and the fields of GraphQL', () => {
  const register = (input: Record<string, string>) => [grpc.auth.register(input), service.graphql(REGISTER, { input })]
  const update = (input: Record<string, string>) => [
    grpc.auth.updateUserProfile(input, bearer(user.token)),
    service.graphql(UPDATE, { input }, user.token),
  ]
  const profile = (token: string) => [grpc.auth.getUserProfile({}, bearer(token)), service.graphql(PROFILE, {}, token)]
  const login = (input: Record<string, string>) => [
    grpc.auth.login({ password: 'x', ...input }),
    service.graphql(LOGIN, { input: { password: 'x', ...input } }),
  ]
  const oauth = { code: 'a', state: 'b', binding: 'c' }

  it.each<[what: string, both: () => unknown[]]>([
    ['an address that has an account', () => register({ ...account(), email: user.email })],
    ['a username that is taken', () => register({ ...account(), username: user.username })],
    ['a username that is reserved', () => register({ ...account(), username: 'admin' })],
    ['a password that is easy to guess', () => register({ ...account(), password: 'password' })],
    ['several wrong fields', () => register({ email: 'none', password: 'short', username: 'a', firstName: 'a\nb' })],
    ['terms of another version', () => register({ ...account(), termsVersion: '0' })],
    ['the wrong password', () => login({ email: user.email })],
    ['neither an address nor a username', () => login({})],
    ['both an address and a username', () => login({ email: user.email, username: user.username })],
    ['a token that is none', () => profile('none')],
    [
      'an unknown challenge',
      () => [
        grpc.auth.verifyMfa({ challenge: 'mfa_none', code: '123456' }),
        service.graphql(VERIFY, { input: { challenge: 'mfa_none', code: '123456' } }),
      ],
    ],
    [
      'a code that can be none',
      () => [
        grpc.auth.verifyMfa({ challenge: 'mfa_none', code: '12' }),
        service.graphql(VERIFY, { input: { challenge: 'mfa_none', code: '12' } }),
      ],
    ],
    [
      'a refresh token that is none',
      () => [grpc.auth.refreshToken({ refreshToken: 'none' }), service.graphql(REFRESH, { token: 'none' })],
    ],
    [
      'a refresh token of another user',
      () => [
        grpc.auth.refreshToken({ refreshToken: user.refreshToken, userId: other.id }),
        service.graphql(REFRESH, { token: user.refreshToken, userId: other.id }),
      ],
    ],
    ['a username of another user', () => update({ username: other.username })],
    ['a phone number that is none', () => update({ phoneNumber: 'none' })],
    [
      'an unknown provider',
      () => [
        grpc.auth.initiateOAuth({ provider: 'none', redirectTo: '/account' }),
        service.graphql(INITIATE, { provider: 'none', redirectTo: '/account' }),
      ],
    ],
    [
      'a sign-in at a provider that was never begun',
      () => [
        grpc.auth.completeOAuth({ provider: 'none', ...oauth }),
        service.graphql(COMPLETE, { input: { provider: 'none', ...oauth } }),
      ],
    ],
  ])('%s', async (_, both) => {
    const [overGrpc, overGraphql] = both() as [Promise<unknown>, ReturnType<typeof service.graphql>]
    const failure = await failureOf(overGrpc)
    const { message, extensions } = (await overGraphql).errors[0]!
    expect(failure).toMatchObject({ message, code: extensions.code, domain: 'postern' })
    expect(failure.status).toBe(ERROR_STATUSES[failure.code as keyof typeof ERROR_STATUSES].grpc)
    expect(failure.fields.map((field) => ({ ...field, path: jsonPath(field.path) }))).toEqual(extensions.fields ?? [])
    expect(failure.info['reason']).toBe(extensions.reason)
    expect(failure.retryAfter).toBe(extensions.retryAfter)
    expect(failure.requestId).toMatch(/^[\da-f-]{36}$/)
  })

  it('a refresh token that was used before', async () => {
    const used = async () => {
      const { refreshToken } = await service.signUp()
      const { refreshToken: next } = await grpc.auth.refreshToken({ refreshToken })
      await grpc.auth.refreshToken({ refreshToken: next })
      await service.database.query("UPDATE sessions SET rotated_at = '2020-01-01' WHERE id = ?", [
        refreshToken.split('.')[0]!,
      ])
      return refreshToken
    }
    const failure = await failureOf(grpc.auth.refreshToken({ refreshToken: await used() }))
    const { message, extensions } = (await service.graphql(REFRESH, { token: await used() })).errors[0]!
    expect(failure).toMatchObject({ status: 'UNAUTHENTICATED', message, code: extensions.code })
  })

  it('what a second factor needs', async () => {
    const { email, password } = await addApp(service, await service.signUp())
    const failure = await failureOf(grpc.auth.login({ email, password }))
    const { message, extensions } = (await service.graphql(LOGIN, { input: { email, password } })).errors[0]!
    expect(failure).toMatchObject({ message, code: extensions.code })
    expect(Object.keys(failure.info).toSorted()).toEqual(['challenge', 'expiresAt', 'methods'])
  })
})

describe('a call without an operation', () => {
  const raw = (path: string, bytes: Buffer) => {
    const client = new Client(`127.0.0.1:${service.grpc!.port}`, credentials.createInsecure())
    const asIs = (value: Buffer) => value
    return new Promise<Buffer | undefined>((resolve, reject) => {
      client.makeUnaryRequest(path, asIs, asIs, bytes, new Metadata(), (error, value) => {
        client.close()
        if (error) reject(error)
        else resolve(value)
      })
    })
  }

  it('is refused if its message can not be read, and counted', async () => {
    const path = '/postern.auth.v1.AuthService/Register'
    const failure = await raw(path, Buffer.from([0xff, 0xff, 0xff])).then(() => null, readFailure)
    expect(failure).toMatchObject({ status: 'INVALID_ARGUMENT', code: 'BAD_REQUEST' })
    expect(await service.app.metrics.text()).toMatch(
      /grpc_requests_total\{service="postern\.auth\.v1\.AuthService",method="Register",status="INVALID_ARGUMENT"\} [1-9]/,
    )
  })

  it('is refused if the message is too large, or the RPC does not exist', async () => {
    const tooLarge = await failureOf(grpc.auth.validateToken({ token: 'a'.repeat(102_401) }))
    expect(tooLarge).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: undefined })
    const unknown = await raw('/postern.auth.v1.AuthService/DropTables', Buffer.alloc(0)).then(() => null, readFailure)
    expect(unknown).toMatchObject({ status: 'UNIMPLEMENTED' })
    expect((await grpc.auth.validateToken({ token: 'a'.repeat(100_000) })).valid).toBe(false)
  })
})

it('writes no header of a client to stderr, whatever characters it has', async () => {
  const written = vi.spyOn(console, 'error')
  const session = connectHttp2(`http://127.0.0.1:${service.grpc!.port}`)
  const stream = session.request({
    ...{ ':method': 'POST', ':path': '/postern.auth.v1.AuthService/GetUserProfile', te: 'trailers' },
    ...{ 'content-type': 'application/grpc', authorization: 'Bearer secret\xe9' },
  })
  let code: unknown
  stream.on('response', (headers) => (code = headers['grpc-status'])).resume()
  stream.end(Buffer.alloc(5))
  await once(stream, 'close')
  session.close()
  expect(Number(code)).toBe(codes.UNAUTHENTICATED)
  expect(written).not.toHaveBeenCalled()
})

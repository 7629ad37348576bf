import { timestampDate } from '@bufbuild/protobuf/wkt'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AuthServiceAlias } from '@postern/proto/auth-alias'
import { UserRole, UsernameUnavailableReason } from '@postern/proto/auth'
import { grpcClient } from '@postern/proto/grpc-client'
import { Status } from '@postern/proto/common'
import { storedEntries } from '../../support/audit.js'
import { unique } from '../../support/client.js'
import { createProver } from '../../support/dpop.js'
import { addApp, appCode, claimsOf } from '../../support/factors.js'
import { bearer, connect, failureOf, type GrpcConnection, metadata } from '../../support/grpc.js'
import { type LogLine, type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let grpc: GrpcConnection
const lines: LogLine[] = []

beforeAll(async () => {
  service = await startService(
    { GRPC_PORT: '0', LOG_LEVEL: 'info' },
    {
      onLine: (line) => void lines.push(line),
    },
  )
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

const newAccount = () => ({ email: `${unique()}@example.com`, username: unique(), password: 'correct horse' })
const PROFILE = `{ profile { id email username firstName lastName phoneNumber role isEmailVerified marketingOptIn termsAccepted
  address { streetName city state zipCode country } createdAt updatedAt } }`
const LOGOUT = 'mutation { logout }'

async function signUp() {
  const account = newAccount()
  await grpc.auth.register(account)
  return { ...account, ...(await grpc.auth.login({ email: account.email, password: account.password })) }
}

describe('a call', () => {
  it('registers a user who can then sign in through either door', async () => {
    const account = newAccount()
    const { user } = await grpc.auth.register({ ...account, firstName: 'Ada', lastName: 'Lovelace' })
    expect(user).toMatchObject({ email: account.email, username: account.username, name: 'Ada Lovelace' })
    const overGraphql = await service.login(account)
    const session = await grpc.auth.login({ username: account.username, password: account.password })
    expect(session).toMatchObject({ tokenType: 'Bearer', user: { id: user?.id, email: account.email } })
    expect(claimsOf(session.token)).toMatchObject({ sub: claimsOf(overGraphql.token)['sub'], roles: ['USER'] })
    expect(timestampDate(session.expiresAt!).getTime()).toBe(claimsOf(session.token)['exp'] * 1000)
  })

  it('returns the profile that GraphQL returns', async () => {
    const { token } = await signUp()
    const { user } = await grpc.auth.getUserProfile({}, bearer(token))
    const { profile } = await service.succeed(PROFILE, {}, token)
    expect(user).toMatchObject({
      ...{ id: profile.id, email: profile.email, username: profile.username, role: UserRole.USER },
      ...{ isEmailVerified: false, marketingOptIn: false, termsAccepted: profile.termsAccepted },
    })
    expect(user?.firstName).toBeUndefined()
    expect(timestampDate(user!.createdAt!).toISOString()).toBe(profile.createdAt)
  })

  it('lists the sessions that GraphQL lists', async () => {
    const { token } = await signUp()
    const { sessions } = await grpc.auth.listSessions({}, bearer(token))
    const listed = await service.succeed('{ sessions { id createdAt ipAddress userAgent current } }', {}, token)
    expect(
      sessions.map(({ id, createdAt, ipAddress = null, userAgent = null, current }) => ({
        ...{ id, ipAddress, userAgent, current },
        createdAt: timestampDate(createdAt!).toISOString(),
      })),
    ).toEqual(listed['sessions'])
    expect(await failureOf(grpc.auth.listSessions({}))).toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('changes what is set, or with a mask what the mask names', async () => {
    const { token } = await signUp()
    const update = async (request: Parameters<typeof grpc.auth.updateUserProfile>[0]) => {
      await grpc.auth.updateUserProfile(request, bearer(token))
      return (await service.succeed(PROFILE, {}, token)).profile
    }
    const first = { firstName: 'Ada', lastName: 'King', address: { city: 'London', zipCode: 'W1' } }
    expect(await update({ ...first, marketingOptIn: true })).toMatchObject({ ...first, marketingOptIn: true })
    expect(await update({ address: { city: 'Ockham' } })).toMatchObject({ address: { city: 'Ockham', zipCode: 'W1' } })
    expect(await update({ lastName: 'Lovelace', updateMask: { paths: ['first_name'] } })).toMatchObject({
      ...{ firstName: null, lastName: 'King' },
    })
    const masked = { address: { city: 'London' }, updateMask: { paths: ['address.zip_code', 'last_name'] } }
    expect(await update(masked)).toMatchObject({ lastName: null, address: { city: 'Ockham', zipCode: null } })
    expect(await update({ updateMask: { paths: ['address'] } })).toMatchObject({ address: null })
    const unknown = grpc.auth.updateUserProfile({ updateMask: { paths: ['email'] } }, bearer(token))
    expect(await failureOf(unknown)).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'update_mask' }] })
    const cleared = grpc.auth.updateUserProfile({ updateMask: { paths: ['marketing_opt_in'] } }, bearer(token))
    expect(await failureOf(cleared)).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'marketing_opt_in' }] })
  })

  it('exchanges a refresh token once', async () => {
    const first = await signUp()
    const { refreshToken } = await grpc.auth.refreshToken({ refreshToken: first.refreshToken })
    const { token } = await grpc.auth.refreshToken({ refreshToken, userId: first.user!.id })
    expect((await grpc.auth.validateToken({ token })).valid).toBe(true)
    const other = grpc.auth.refreshToken({ refreshToken: first.refreshToken, userId: 'other' })
    expect((await failureOf(other)).code).toBe('UNAUTHENTICATED')
  })

  it('signs in with a second factor', async () => {
    const user = await addApp(service, await service.signUp())
    const { status, code, info } = await failureOf(grpc.auth.login({ email: user.email, password: user.password }))
    expect([status, code]).toEqual(['FAILED_PRECONDITION', 'MFA_REQUIRED'])
    expect(info).toMatchObject({ methods: 'TOTP RECOVERY_CODE', expiresAt: expect.any(String) })
    const session = await grpc.auth.verifyMfa({ challenge: info['challenge']!, code: appCode(user.secret) })
    expect(claimsOf(session.token)).toMatchObject({ sub: user.id, acr: 'aal2' })
  })

  it('says whether a username is available, and what else is', async () => {
    const { username } = await signUp()
    const taken = await grpc.auth.checkUsernameAvailability({ username, maxSuggestions: 2 })
    expect(taken).toMatchObject({ available: false, username, reason: UsernameUnavailableReason.TAKEN })
    expect(taken.suggestions).toHaveLength(2)
    expect((await grpc.auth.checkUsernameAvailability({ username })).suggestions).toEqual([])
    const free = await grpc.auth.checkUsernameAvailability({ username: unique() })
    expect(free).toMatchObject({ available: true, message: 'This username is available.' })
    expect(free.reason).toBeUndefined()
    const reserved = await grpc.auth.checkUsernameAvailability({ username: 'admin' })
    expect(reserved.reason).toBe(UsernameUnavailableReason.RESERVED)
    const tooMany = failureOf(grpc.auth.checkUsernameAvailability({ username, maxSuggestions: 11 }))
    expect(await tooMany).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'max_suggestions' }] })
  })

  it('says how the service is', async () => {
    const { status, components, version } = await grpc.auth.healthCheck({})
    expect(status).toBe(Status.UP)
    expect(components).toMatchObject({ mysql: Status.UP, redis: Status.UP, hasher: Status.UP })
    expect(version).not.toBe('')
  })

  it('has the same RPCs under the name of earlier examples', async () => {
    const alias = grpcClient(AuthServiceAlias, grpc.client)
    const account = newAccount()
    const { user } = await alias.register({ ...account, firstName: 'Ada' })
    const { token } = await alias.login({ email: account.email, password: account.password })
    expect((await alias.validateToken({ token })).userId).toBe(user?.id)
  })

  it('has the id that the client chose, in its response, its error, the log and the audit log', async () => {
    const account = newAccount()
    let id: unknown
    await grpc.auth.register(account, {
      metadata: metadata({ 'x-request-id': 'chosen-id-1' }),
      onHeaders: (headers) => {
        id = headers.get('x-request-id')[0]
      },
    })
    expect(id).toBe('chosen-id-1')
    const login = { email: account.email, password: 'wrong' }
    const refused = await failureOf(grpc.auth.login(login, { metadata: metadata({ 'x-request-id': 'chosen-id-2' }) }))
    expect(refused.requestId).toBe('chosen-id-2')
    const line = await until('the line of the call', () => lines.find((one) => one['requestId'] === 'chosen-id-2'))
    expect(line).toMatchObject({
      ...{ route: '/postern.auth.v1.AuthService/Login', operation: 'login', status: 'UNAUTHENTICATED' },
      errorCodes: ['UNAUTHENTICATED'],
    })
    const [entry] = await storedEntries(service.database, { action: 'REGISTER' }).then((entries) => entries.slice(-1))
    expect(entry).toMatchObject({ request_id: 'chosen-id-1', ip_address: expect.stringContaining('127.0.0.1') })
    const { requestId } = await failureOf(grpc.auth.login(login, { metadata: metadata({ 'x-request-id': 'a b' }) }))
    expect(requestId).toMatch(/^[\da-f-]{36}$/)
  })

  it('writes the audit entries that the same operations of GraphQL write', async () => {
    const [one, two] = [newAccount(), newAccount()]
    const overGrpc = await grpc.auth.register(one)
    const { token } = await grpc.auth.login({ email: one.email, password: one.password })
    await grpc.auth.updateUserProfile({ firstName: 'Ada' }, bearer(token))
    await grpc.auth.logout({}, bearer(token))
    const overGraphql = await service.signUp(two)
    await service.succeed('mutation { updateProfile(input: { firstName: "Ada" }) { id } }', {}, overGraphql.token)
    await service.succeed(LOGOUT, {}, overGraphql.token)
    const entriesOf = async (account: string) =>
      (await storedEntries(service.database, { account })).map(({ action, result, actor }) => ({
        action,
        result,
        actor,
      }))
    const entries = await entriesOf(overGrpc.user!.id)
    expect(entries.map(({ action }) => action)).toEqual(['REGISTER', 'LOGIN', 'UPDATE_PROFILE', 'LOGOUT'])
    expect(entries).toEqual(await entriesOf(overGraphql.id))
  })

  it('ends the session that came with a sign-in', async () => {
    const user = await signUp()
    const { email, password } = user
    await grpc.auth.login({ email, password }, bearer(user.token))
    await until('the end of the session', async () => !(await grpc.auth.validateToken({ token: user.token })).valid)
  })

  it('starts a session that is bound to the key of a DPoP proof, which every call then needs', async () => {
    const { email, password } = await signUp()
    const prover = await createProver()
    const htu = (rpc: string) => `http://127.0.0.1:${service.grpc!.port}/postern.auth.v1.AuthService/${rpc}`
    const dpop = await prover.proof({ htm: 'POST', htu: htu('Login') })
    const { token, tokenType } = await grpc.auth.login({ email, password }, { metadata: metadata({ dpop }) })
    expect(tokenType).toBe('DPoP')
    expect((await grpc.auth.validateToken({ token })).keyThumbprint).toBe(prover.thumbprint)
    const profile = async (rpc: string) => {
      const proof = await prover.proof({ htm: 'POST', htu: htu(rpc), token })
      return grpc.auth.getUserProfile({}, { metadata: metadata({ authorization: `DPoP ${token}`, dpop: proof }) })
    }
    expect((await profile('GetUserProfile')).user?.email).toBe(email)
    expect((await failureOf(profile('Logout'))).code).toBe('INVALID_DPOP_PROOF')
    expect((await failureOf(grpc.auth.getUserProfile({}, bearer(token)))).code).toBe('UNAUTHENTICATED')
  })
})

describe('ValidateToken', () => {
  it('returns what the token says', async () => {
    const { token, user } = await signUp()
    const claims = claimsOf(token)
    const answer = await grpc.auth.validateToken({ token })
    expect(answer).toMatchObject({
      ...{ valid: true, userId: user?.id, sessionId: claims['sid'], tokenId: claims['jti'] },
      ...{ roles: [UserRole.USER], amr: ['pwd'], acr: 'aal1' },
    })
    expect(timestampDate(answer.expiresAt!).getTime()).toBe(claims['exp'] * 1000)
  })

  it.each([
    ['an empty one', ''],
    ['one that is none', 'a.b.c'],
    ['a very long one', 'x'.repeat(90_000)],
  ])('refuses %s', async (_, token) => {
    expect(await grpc.auth.validateToken({ token })).toMatchObject({ valid: false, userId: '', roles: [], amr: [] })
  })

  it('refuses a changed token', async () => {
    const { token } = await signUp()
    const [head, body, signature] = token.split('.')
    expect((await grpc.auth.validateToken({ token: `${head}.${body}.${signature!.toLowerCase()}` })).valid).toBe(false)
  })

  it('follows the revocations, whichever door ends the session, without a look at a store', async () => {
    const [one, two] = [await signUp(), await signUp()]
    const { validation } = service.app.services.sessions
    // No promise: the process knows.
    await until('the revocations', () => !(validation.validate(one.token) instanceof Promise))
    expect([validation.validate(one.token), validation.validate(two.token)]).toMatchObject([
      { sub: one.user?.id },
      { sub: two.user?.id },
    ])
    await grpc.auth.logout({}, bearer(one.token))
    await service.succeed(LOGOUT, {}, two.token)
    for (const { token } of [one, two]) {
      const refused = async () => !(await grpc.auth.validateToken({ token })).valid
      await until('the refusal', refused, { seconds: 5, every: 5 })
      expect(validation.validate(token)).toBeNull()
    }
  })
})

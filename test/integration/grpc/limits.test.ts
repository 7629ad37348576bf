import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { bearer, connect, failureOf, type GrpcConnection } from '../../support/grpc.js'
import { type Service, startService } from '../../support/service.js'

let service: Service
let grpc: GrpcConnection

beforeAll(async () => {
  service = await startService({
    ...{ GRPC_PORT: '0', RATE_LIMIT_REGISTER: '6/3600', RATE_LIMIT_UPDATE_PROFILE: '2/3600', RATE_LIMIT_LOGIN: '3/60' },
    RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '4/3600',
  })
  grpc = connect(service.grpc!.port)
})
afterAll(async () => {
  grpc.close()
  await service.stop()
})

const CHECK = '{ checkUsernameAvailability(username: "ada") { available } }'
const UPDATE = 'mutation { updateProfile(input: { firstName: "Ada" }) { id } }'
const account = () => ({ email: `${unique()}@example.com`, password: 'correct horse' })

describe('calls through one door count in the other', () => {
  it('for an address', async () => {
    const [one, two] = [account(), account()]
    await grpc.auth.register(one)
    await service.succeed(REGISTER, { input: two })
    for (let i = 0; i < 2; i++) {
      await grpc.auth.register(account())
      await service.succeed(REGISTER, { input: account() })
    }
    expect(await failureOf(grpc.auth.register(account()))).toMatchObject({ code: 'RATE_LIMITED' })
    expect((await service.graphql(REGISTER, { input: account() })).code).toBe('RATE_LIMITED')
    await userLimit(one)
    await lock(two)
  })

  async function userLimit(user: { email: string; password: string }) {
    const { token } = await grpc.auth.login(user)
    await grpc.auth.updateUserProfile({ firstName: 'Ada' }, bearer(token))
    await service.succeed(UPDATE, {}, token)
    const failure = await failureOf(grpc.auth.updateUserProfile({ firstName: 'Ada' }, bearer(token)))
    expect(failure).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'RATE_LIMITED' })
    expect(failure.retryAfter).toBeGreaterThan(3500)
    expect((await service.graphql(UPDATE, {}, token)).code).toBe('RATE_LIMITED')
  }

  async function lock({ email, password }: { email: string; password: string }) {
    const wrong = { email, password: 'wrong' }
    for (let i = 0; i < 2; i++) expect((await failureOf(grpc.auth.login(wrong))).code).toBe('UNAUTHENTICATED')
    expect((await service.graphql(LOGIN, { input: wrong })).code).toBe('UNAUTHENTICATED')
    expect((await failureOf(grpc.auth.login({ email, password }))).code).toBe('RATE_LIMITED')
    expect((await service.graphql(LOGIN, { input: { email, password } })).code).toBe('RATE_LIMITED')
  }

  it('for what is counted in the process', async () => {
    for (let i = 0; i < 2; i++) {
      await grpc.auth.checkUsernameAvailability({ username: 'ada' })
      await service.succeed(CHECK)
    }
    expect(await failureOf(grpc.auth.checkUsernameAvailability({ username: 'ada' }))).toMatchObject({
      ...{ status: 'RESOURCE_EXHAUSTED', code: 'RATE_LIMITED' },
    })
    const { status, code } = await service.graphql(CHECK)
    expect([status, code]).toEqual([429, 'RATE_LIMITED'])
    // Services call it for all of their users.
    for (let i = 0; i < 6; i++) expect((await grpc.auth.validateToken({ token: 'none' })).valid).toBe(false)
  })
})

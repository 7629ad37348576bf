import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCallerVerifier } from '../../../packages/contract/src/caller.js'
import { type EchoGateway, GATEWAY_KEY, startEchoGateway } from '../../support/gateway.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

const RULES = { Get: { get: '/public' }, PrivateGet: { get: '/private' } } as const

let service: Service
let running: EchoGateway
beforeAll(async () => {
  service = await startService()
  running = await startEchoGateway({ GATEWAY_URLS: 'https://api.example.com' }, RULES)
})
afterAll(async () => {
  await running.stop()
  await service.stop()
})

async function get(path: string, authorization?: string, headers: Record<string, string> = {}) {
  const response = await fetch(running.url + path, {
    headers: { ...headers, ...(authorization !== undefined && { authorization }) },
  })
  return {
    status: response.status,
    challenge: response.headers.get('www-authenticate'),
    json: await response.json(),
  }
}

const callerOf = () =>
  createCallerVerifier([GATEWAY_KEY])(
    '/test.EchoService/PrivateGet',
    String(running.echo.metadata().get('postern-caller')[0]),
  )

describe('an RPC that does not say who may call it', () => {
  it('takes the token of a user, and says who that is', async () => {
    const { id, token } = await service.signUp()
    expect((await get('/private', `Bearer ${token}`)).status).toBe(200)
    expect(callerOf()?.user).toMatchObject({ id, roles: ['USER'], amr: ['pwd'], authTime: expect.any(Number) })
    expect(running.echo.metadata().get('authorization')).toEqual([`Bearer ${token}`])
  })

  it.each<[what: string, authorization: string | undefined, challenge: string]>([
    ['no token', undefined, 'Bearer'],
    ['an empty token', 'Bearer ', 'Bearer'],
    ['another scheme', 'Basic YTpi', 'Bearer'],
    [
      'no token at all',
      'Bearer abc',
      'Bearer error="invalid_token", error_description="The access token is malformed"',
    ],
    ['a token without a signature', `Bearer ${btoa('{"alg":"none"}')}.${btoa('{}')}.`, 'Bearer error="invalid_token"'],
    ['a token in the wrong scheme', 'DPoP abc', 'DPoP algs='],
    ['no token in the scheme of keys', 'DPoP ', 'DPoP algs='],
  ])('refuses %s before the service is called', async (_, authorization, challenge) => {
    const before = running.echo.calls()
    const refused = await get('/private', authorization)
    expect(refused).toMatchObject({ status: 401, challenge: expect.stringContaining(challenge) })
    expect(refused.json).toMatchObject({
      status: 401,
      detail: expect.stringMatching(/\.$/),
      requestId: expect.any(String),
    })
    expect(running.echo.calls()).toBe(before)
  })

  it('refuses a token within moments of its logout, without a call per request', async () => {
    const { token } = await service.signUp()
    expect((await get('/private', `Bearer ${token}`)).status).toBe(200)
    await service.succeed('mutation { logout }', {}, token)
    const refused = await until('the token is refused', async () => {
      const answer = await get('/private', `Bearer ${token}`)
      return answer.status === 401 ? answer : null
    })
    expect(refused.json.code).toBe('UNAUTHENTICATED')
  })

  it('takes no cookies', async () => {
    const { token } = await service.signUp()
    expect((await get('/private', undefined, { cookie: `__Host-postern-access=${token}` })).status).toBe(401)
  })
})

describe('an RPC for everyone', () => {
  it.each([undefined, 'Bearer abc', 'Basic YTpi'])('is called without a valid token: %s', async (authorization) => {
    expect((await get('/public', authorization)).status).toBe(200)
  })

  it('knows a signed-in user', async () => {
    const { id, token } = await service.signUp()
    await get('/public', `Bearer ${token}`)
    const caller = String(running.echo.metadata().get('postern-caller')[0])
    expect(createCallerVerifier([GATEWAY_KEY])('/test.EchoService/Get', caller)?.user?.id).toBe(id)
  })
})

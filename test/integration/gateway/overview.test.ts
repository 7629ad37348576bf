import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Answers, refusal, startAuthServer } from '../../support/auth-server.js'
import { type RunningGateway, startGateway } from '../../support/gateway.js'
import { type Service, startService } from '../../support/service.js'

const answers: Answers = {}
let [service, auth, gateway, token] = [] as unknown as [
  Service,
  Awaited<ReturnType<typeof startAuthServer>>,
  RunningGateway,
  string,
]
beforeAll(async () => {
  // It issues the token, and publishes the revocations that the gateway needs to verify it.
  service = await startService()
  token = (await service.signUp()).token
  auth = await startAuthServer(answers)
  gateway = await startGateway({ AUTH_GRPC_URL: auth.target })
})
afterAll(async () => {
  await gateway.stop()
  auth.stop()
  await service.stop()
})
beforeEach(() => {
  answers.getUserProfile = () => ({ user: { id: 'user-1', email: 'ada@example.com' } })
  answers.validateToken = (request) => ({ valid: request.token === token, sessionId: 'session-1', amr: ['pwd'] })
  answers.listSessions = () => ({ sessions: [{ id: 'session-1', current: true }] })
  auth.called.length = 0
})

async function overview(headers: Record<string, string> = { authorization: `Bearer ${token}` }) {
  const response = await fetch(`${gateway.url}/me/overview`, { headers })
  return { code: response.status, headers: response.headers, body: (await response.json()) as Record<string, any> }
}

it('has the profile, the session of the request and all sessions, and is kept nowhere', async () => {
  const { code, headers, body } = await overview()
  expect(code).toBe(200)
  expect(body).toMatchObject({
    profile: { id: 'user-1', email: 'ada@example.com', isEmailVerified: false },
    session: { sessionId: 'session-1', amr: ['pwd'] },
    sessions: [{ id: 'session-1', current: true }],
    errors: [],
  })
  expect(headers.get('cache-control')).toBe('no-store')
})

it('names a part that fails, and has the others', async () => {
  answers.validateToken = () => Promise.reject(refusal(status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 3))
  const { code, body } = await overview()
  expect(code).toBe(200)
  expect(body).toMatchObject({ profile: { id: 'user-1' }, session: null })
  expect(body['errors']).toEqual([
    { part: 'session', code: 'SERVICE_UNAVAILABLE', message: expect.any(String) as string, retryAfter: 3 },
  ])
})

it('waits for a slow part only as long as it may take', async () => {
  answers.validateToken = () => new Promise(() => undefined)
  const { code, body } = await overview()
  expect(code).toBe(200)
  expect(body).toMatchObject({
    profile: { id: 'user-1' },
    session: null,
    errors: [{ part: 'session', code: 'TIMEOUT' }],
  })
})

it('fails as a whole if all parts do', async () => {
  answers.validateToken = () => Promise.reject(refusal(status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 3))
  answers.getUserProfile = () => Promise.reject(refusal(status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 3))
  answers.listSessions = () => Promise.reject(refusal(status.UNAVAILABLE, 'SERVICE_UNAVAILABLE', 3))
  const { code, headers, body } = await overview()
  expect([code, headers.get('retry-after'), headers.get('content-type')?.split(';')[0]]).toEqual([
    503,
    '3',
    'application/problem+json',
  ])
  expect(body).toMatchObject({ code: 'SERVICE_UNAVAILABLE', status: 503 })
})

it('shows no part to a caller whose session a service refuses', async () => {
  answers.getUserProfile = () => Promise.reject(refusal(status.UNAUTHENTICATED, 'UNAUTHENTICATED'))
  expect(await overview()).toMatchObject({ code: 401, body: { code: 'UNAUTHENTICATED' } })
})

it('calls no service for a caller without a valid token', async () => {
  expect(await overview({})).toMatchObject({ code: 401 })
  expect(await overview({ authorization: 'Bearer nonsense' })).toMatchObject({ code: 401 })
  expect(auth.called).toEqual([])
})

it('administrators see the circuit breakers, by the role in the token, and others do not', async () => {
  const { roles } = service.app.services.accounts
  const admin = await service.signUpAdmin((email) => roles.setRole({ email }, 'ADMIN', null))
  const status = (bearer: string) =>
    fetch(`${gateway.url}/circuit-breaker/status`, { headers: { authorization: `Bearer ${bearer}` } })
  const allowed = await status(admin.token)
  expect([allowed.status, allowed.headers.get('cache-control')]).toEqual([200, 'no-store'])
  const since = expect.stringMatching(/^\d{4}-/) as string
  expect(await allowed.json()).toEqual({ breakers: [{ name: 'auth', state: 'closed', since }] })
  expect((await status(token)).status).toBe(403)
  expect((await status('')).status).toBe(401)
})

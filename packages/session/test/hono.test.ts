import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { expect, it } from 'vitest'
import { authenticate, SessionError } from '../src/index.js'
import { optionalAuth, requireAuth, requireRole } from '../src/hono.js'
import { createTestSessions } from '../src/testing.js'

const PAGE = 'https://app.example.com'

it('refuses with the headers that earlier middleware has set, so that pages can read why', async () => {
  const { sessions } = createTestSessions()
  const app = new Hono().use(cors({ origin: PAGE })).get('/me', requireAuth(sessions), (c) => c.text('done'))
  const response = await app.request('/me', { headers: { origin: PAGE } })
  expect(response.status).toBe(401)
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'access-control-allow-origin': PAGE,
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'www-authenticate': 'Bearer',
  })
  expect(await response.json()).toEqual({ code: 'missing_token', message: 'An access token is required' })
})

it('throws the SessionError, which onError can answer in its own way', async () => {
  const test = createTestSessions()
  const app = new Hono().get('/me', requireAuth(test.sessions), (c) => c.text(c.var.auth.userId))
  app.onError((error, c) => (error instanceof SessionError ? c.text(error.code, 418) : c.text('a bug', 500)))
  const response = await app.request('/me', { headers: { authorization: 'Bearer x' } })
  expect([response.status, await response.text()]).toEqual([418, 'malformed_token'])
})

it('does not take a bug for a refusal, also where anonymous requests are accepted', async () => {
  const broken = {
    validate: () => {
      throw new RangeError('a bug')
    },
  }
  const app = new Hono()
    .get('/me', requireAuth(broken), (c) => c.text('done'))
    .get('/hello', optionalAuth(broken), (c) => c.text('done'))
  app.onError((error, c) => c.text(error.message, 500))
  for (const path of ['/me', '/hello']) expect(await (await app.request(path)).text()).toBe('a bug')
})

it('awaits a validator whose result is a promise of the user', async () => {
  const test = createTestSessions()
  const later = {
    async validate(token: string | null | undefined) {
      await Promise.resolve()
      return authenticate(test.sessions, { headers: { authorization: `Bearer ${token}` } })
    },
  }
  const app = new Hono()
    .get('/me', requireAuth(later), (c) => c.text(c.var.auth.userId))
    .get('/hello', optionalAuth(later), (c) => c.text(c.var.viewer?.userId ?? 'stranger'))
  const headers = { authorization: test.bearer({ sub: 'user-1' }) }
  expect(await (await app.request('/me', { headers })).text()).toBe('user-1')
  expect(await (await app.request('/hello', { headers })).text()).toBe('user-1')
  test.fail('stale')
  expect((await app.request('/me', { headers })).status).toBe(503)
  expect(await (await app.request('/hello', { headers })).text()).toBe('stranger')
})

it('requireRole refuses an anonymous request, also if the route lacks requireAuth', async () => {
  const app = new Hono().get('/', requireRole('ADMIN'), (c) => c.text('done'))
  expect((await app.request('/')).status).toBe(401)
})

it('where a runtime keeps no Host header, the URL names the host of the cookie rules', async () => {
  const test = createTestSessions()
  const app = new Hono().get('/me', requireAuth(test.sessions, { tokenFrom: ['cookie'] }), (c) => c.text('done'))
  const ask = (origin: string) =>
    app.request('https://api.example.com/me', {
      headers: { cookie: `__Host-postern-access=${test.token()}`, 'x-postern-cookies': '1', origin },
    })
  expect((await ask('https://api.example.com')).status).toBe(200)
  expect((await ask('https://evil.example')).status).toBe(403)
})

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { status } from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle } from '../../../packages/client/test/support/bundle.js'
import { openPage } from '../../support/browser.js'
import { unique } from '../../support/client.js'
import { createProver } from '../../support/dpop.js'
import { GATEWAY_KEY, type RunningGateway, startGateway } from '../../support/gateway.js'
import { type LogLine, type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

const API = 'https://api.example.com'

let service: Service
let gateway: RunningGateway
let page: Server
let origin: string
const lines: LogLine[] = []
beforeAll(async () => {
  page = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html>'))
  page.listen(0, '127.0.0.1')
  await once(page, 'listening')
  origin = `http://127.0.0.1:${(page.address() as AddressInfo).port}`
  const urls = { GATEWAY_KEY, GRPC_PORT: '0', DPOP_URLS: API, RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: '3/3600' }
  service = await startService(urls)
  gateway = await startGateway(
    {
      ...{ AUTH_GRPC_URL: `127.0.0.1:${service.grpc!.port}`, GATEWAY_URLS: API },
      ...{ ALLOWED_ORIGINS: origin, TRUST_PROXY: '127.0.0.1', LOG_LEVEL: 'info' },
    },
    {},
    (line) => lines.push(line),
  )
})
afterAll(async () => {
  await gateway.stop()
  await service.stop()
  page.close()
})

async function send(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url + path, {
    method,
    headers: { ...(body && { 'content-type': 'application/json' }), 'x-forwarded-host': 'api.example.com', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, headers: response.headers, json: await response.json() }
}

const newAccount = () => ({ email: `${unique()}@example.com`, password: 'correct horse battery', username: unique() })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a client of REST', () => {
  it('signs up, signs in, changes its profile and signs out', async () => {
    const account = newAccount()
    const registered = await send('POST', '/auth/register', { ...account, firstName: 'Ada', lastName: 'Lovelace' })
    expect(registered).toMatchObject({ status: 200, json: { user: { email: account.email, name: 'Ada Lovelace' } } })

    const { json: session } = await send('POST', '/auth/login', { email: account.email, password: account.password })
    expect(session).toMatchObject({ tokenType: 'Bearer', user: { role: 'USER_ROLE_USER', isEmailVerified: false } })
    expect((await send('GET', '/auth/me', undefined, bearer(session.token))).json.user).toEqual(session.user)

    const changes = { firstName: null, address: { city: 'London' }, marketingOptIn: true }
    const { json: changed } = await send('PATCH', '/auth/me', changes, bearer(session.token))
    expect(changed.user).toMatchObject({ lastName: 'Lovelace', address: { city: 'London' }, marketingOptIn: true })
    expect(changed.user).not.toHaveProperty('firstName')

    const { json: next } = await send('POST', '/auth/refresh', { refreshToken: session.refreshToken })
    expect((await send('POST', '/auth/validate', { token: next.token })).json).toMatchObject({
      valid: true,
      roles: ['USER_ROLE_USER'],
    })
    expect(await send('POST', '/auth/logout', undefined, bearer(next.token))).toMatchObject({ status: 200, json: {} })
    await until(
      'the token is refused',
      async () => (await send('GET', '/auth/me', undefined, bearer(next.token))).status === 401,
    )
    expect((await send('POST', '/auth/validate', { token: next.token })).json).toMatchObject({
      valid: false,
      userId: '',
      roles: [],
    })
  })

  it('gets the errors of the service', async () => {
    const account = newAccount()
    await send('POST', '/auth/register', account)
    const again = await send('POST', '/auth/register', { ...account, username: unique() })
    expect(again).toMatchObject({
      status: 409,
      json: { code: 'EMAIL_EXISTS', fields: [{ path: 'email', code: 'EMAIL_EXISTS' }] },
    })
    const wrong = await send('POST', '/auth/login', { email: account.email, password: 'wrong horse' })
    expect(wrong).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' } })
    const weak = await send('POST', '/auth/register', { ...newAccount(), email: 'no', password: 'x' })
    expect((weak.json.fields as { path: string }[]).map(({ path }) => path)).toEqual(['email', 'password'])
    expect((await send('POST', '/auth/oauth/nobody/start', { redirectTo: '/' })).json.code).toBe('NOT_FOUND')
    expect((await send('GET', '/health')).json.status).toMatch(/^STATUS_/)
  })

  it('is known to the service by its own address and its own user agent, whatever it claims', async () => {
    const account = newAccount()
    await send('POST', '/auth/register', account)
    const headers = { 'x-forwarded-for': '192.0.2.77', 'user-agent': 'Browser/1', 'postern-caller': 'forged' }
    const { json } = await send('POST', '/auth/login', { email: account.email, password: account.password }, headers)
    const { sessions } = await service.succeed('{ sessions { ipAddress userAgent } }', {}, json.token)
    expect(sessions).toEqual([{ ipAddress: '192.0.2.77', userAgent: 'Browser/1' }])
  })

  it('leaves nothing in the log that it has sent, or that was sent to it', async () => {
    const account = newAccount()
    await send('POST', '/auth/register', account)
    const { json: session } = await send('POST', '/auth/login', { email: account.email, password: account.password })
    await send('GET', `/usernames/${account.username}/availability?secret=${account.password}`)
    const { headers } = await send('GET', `/auth/me/${account.username}`, undefined, bearer(session.token))
    const last = await until('the last line', () =>
      lines.find(({ requestId }) => requestId === headers.get('x-request-id')),
    )
    expect(last).toMatchObject({ route: 'none', status: 404, errorCodes: ['NOT_FOUND'] })
    const log = JSON.stringify(lines)
    for (const secret of [...Object.values(account), session.token, session.refreshToken, session.deviceToken])
      expect(log).not.toContain(secret)
  })

  it('is limited by the service for its own address', async () => {
    const check = async (address: string) =>
      (await send('GET', `/usernames/${unique()}/availability`, undefined, { 'x-forwarded-for': address })).status
    const statuses = []
    for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'])
      statuses.push(await check(address))
    expect(statuses).toEqual([200, 200, 200, 429, 200])
  })
})

describe('a client with a key (DPoP)', () => {
  it('proves it for the URL of the gateway, once for each request', async () => {
    const account = newAccount()
    await send('POST', '/auth/register', account)
    const prover = await createProver()
    const login = { dpop: await prover.proof({ htm: 'POST', htu: `${API}/auth/login` }) }
    const { json: session } = await send(
      'POST',
      '/auth/login',
      { email: account.email, password: account.password },
      login,
    )
    expect(session.tokenType).toBe('DPoP')

    const proof = (path = '/auth/me') => prover.proof({ htm: 'GET', htu: API + path, token: session.token })
    const me = (dpop: string, scheme = 'DPoP') =>
      send('GET', '/auth/me', undefined, { authorization: `${scheme} ${session.token}`, dpop })
    const once = await proof()
    expect((await me(once)).json.user.email).toBe(account.email)
    for (const refused of [await me(once), await me(await proof('/auth/other')), await me(await proof(), 'Bearer')]) {
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP /)
    }
    // Of several calls, only one needs the proof.
    const headers = { authorization: `DPoP ${session.token}`, dpop: await proof('/me/overview') }
    expect((await send('GET', '/me/overview', undefined, headers)).json).toMatchObject({
      profile: { email: account.email },
      session: { keyThumbprint: prover.thumbprint },
      sessions: null,
      errors: [],
    })
    const other = await createProver()
    expect((await me(await other.proof({ htm: 'GET', htu: `${API}/auth/me`, token: session.token }))).status).toBe(401)
  })
})

describe('a page with a client of gRPC-Web', () => {
  it('calls the service from another origin', async () => {
    const browser = await openPage()
    try {
      await browser.page.goto(origin)
      await browser.page.addScriptTag({
        content: await bundle('test/integration/gateway/page/auth-client.ts'),
        type: 'module',
      })
      await browser.page.waitForFunction('globalThis.call')
      const call = (rpc: string, request: object, token?: string) =>
        browser.page.evaluate<Record<string, any>>(
          `call(${JSON.stringify(gateway.url)}, ${JSON.stringify(rpc)}, ${JSON.stringify(request)}, ${JSON.stringify(token)})`,
        )

      const account = newAccount()
      expect(await call('register', account)).toMatchObject({ user: { email: account.email } })
      const { token } = await call('login', { email: account.email, password: account.password })
      expect(await call('getUserProfile', {}, token)).toMatchObject({ user: { username: account.username } })
      expect(await call('getUserProfile', {})).toMatchObject({
        code: status.UNAUTHENTICATED,
        reason: 'UNAUTHENTICATED',
      })
      expect(await call('register', account)).toMatchObject({ code: status.ALREADY_EXISTS, reason: 'EMAIL_EXISTS' })
    } finally {
      await browser.close()
    }
  })
})

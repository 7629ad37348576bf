import { afterAll, beforeAll, expect, it } from 'vitest'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

let service: Service
let without: Instance

beforeAll(async () => {
  service = await startService({ WEB: 'true', ALLOWED_ORIGINS: 'https://app.example.com' })
  const urls = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  without = await startInstance({ ...urls, WEB: 'false' })
})
afterAll(async () => {
  await without.stop()
  await service.stop()
})

it('serves the pages with protective headers, and the API with its own', async () => {
  const mailed = ['/forgot-password', '/reset-password', '/verify-email', '/change-email']
  const administrators = ['/admin', '/admin/usernames', '/admin/webhooks', '/admin/audit']
  const ids = ['/admin/users', '/admin/webhooks'].map((path) => `${path}/${crypto.randomUUID()}`)
  for (const path of ['/', '/sign-in', '/account', ...mailed, ...administrators, ...ids, '/favicon.svg']) {
    const { status, headers } = await fetch(`${service.url}${path}`)
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; " +
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toBeTruthy()
  }
  const api = await fetch(`${service.url}/graphql`, { method: 'POST' })
  expect(api.headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
})

it('sends protective headers with the answer to a malformed address too', async () => {
  const { status, headers } = await fetch(`${service.url}/assets/%ff`)
  expect(status).toBe(400)
  expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'")
  expect(headers.get('x-content-type-options')).toBe('nosniff')
  expect(headers.get('x-request-id')).toBeTruthy()
})

it('serves every asset of the document compressed, and lets caches keep it forever', async () => {
  const html = await (await fetch(service.url)).text()
  const assets = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!)
  expect(new Set(assets.map((path) => path.split('.').at(-1)))).toEqual(new Set(['js', 'css']))
  for (const path of assets) {
    const { status, headers } = await fetch(`${service.url}${path}`, { headers: { 'accept-encoding': 'br' } })
    expect([status, headers.get('content-encoding')]).toEqual([200, 'br'])
    expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  }
})

it('answers programs with the API’s 404 where there is no page', async () => {
  for (const url of [
    `${service.url}/account/x`,
    `${service.url}/admin/x`,
    `${service.url}/admin/users/${encodeURIComponent('../x')}`,
    `${service.url}/assets/x.js`,
    `${without.url}/`,
    `${without.url}/sign-in`,
  ]) {
    const answer = await fetch(url)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] })
  }
  expect((await fetch(`${without.url}/health/live`)).status).toBe(200)
})

it('answers a browser at an unknown address with a page, or with the API’s 404 when the pages are off', async () => {
  const headers = { accept: 'text/html,*/*;q=0.8' }
  const page = await fetch(`${service.url}/nowhere`, { headers })
  expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  expect(page.headers.get('cache-control')).toBe('no-store')
  expect(page.headers.get('x-request-id')).toBeTruthy()
  expect(await page.text()).toContain('<div id="pages">')
  const api = await fetch(`${without.url}/nowhere`, { headers })
  expect([api.status, api.headers.get('content-type')]).toEqual([404, 'application/json; charset=utf-8'])
})

it('redirects people back to its own host and to ALLOWED_ORIGINS only', async () => {
  for (const [to, location] of [
    [`${service.url}/account?a=b`, '/account?a=b'],
    ['https://app.example.com/inbox', 'https://app.example.com/inbox'],
    [`${without.url}/account?a=b`, '/account'],
    ['https://evil.example/', '/account'],
  ] as const) {
    const answer = await fetch(`${service.url}/return?to=${encodeURIComponent(to)}`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, location])
  }
})

it('redirects an address with a trailing slash to its page', async () => {
  for (const path of ['/sign-in', '/account']) {
    const { status, headers } = await fetch(`${service.url}${path}/`, { redirect: 'manual' })
    expect([status, headers.get('location')]).toEqual([308, path])
  }
})

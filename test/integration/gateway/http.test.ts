import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoGateway, startEchoGateway } from '../../support/gateway.js'

const ORIGIN = 'https://app.example.com'

let running: EchoGateway
beforeAll(async () => {
  running = await startEchoGateway({ ALLOWED_ORIGINS: ORIGIN, GATEWAY_HTTPS: 'true' })
})
afterAll(() => running.stop())

/** Sends bytes as they are, and returns all responses until the gateway closes the connection. */
function sendBytes(bytes: string): Promise<string> {
  const socket = connect(Number(new URL(running.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(bytes, 'latin1')
  return text(socket)
}

const CLOSE = 'host: localhost\r\nconnection: close\r\n\r\n'

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    fetch(`${running.url}/echo`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    })

  it('may call the gateway with a token if their origin is listed', async () => {
    const { status, headers } = await preflight(ORIGIN)
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-origin')).toBe(ORIGIN)
    expect(headers.get('access-control-allow-headers')).toContain('authorization')
    expect(headers.get('access-control-allow-methods')).toContain('PATCH')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    for (const path of ['/echo/x', '/nothing']) {
      const response = await fetch(running.url + path, { headers: { origin: ORIGIN } })
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN)
      expect(response.headers.get('access-control-expose-headers')).toContain('ratelimit')
      expect(response.headers.get('vary')).toContain('Origin')
    }
  })

  it.each(['https://other.example.com', 'null', 'https://app.example.com.evil.example', 'HTTPS://APP.EXAMPLE.COM'])(
    'may not read a response if theirs is not listed: %s',
    async (origin) => {
      for (const { headers } of [
        await preflight(origin),
        await fetch(`${running.url}/echo/x`, { headers: { origin } }),
      ])
        expect(headers.get('access-control-allow-origin')).toBeNull()
    },
  )
})

describe('every response', () => {
  it.each(['/echo/x', '/nothing', '/echo/%zz', '/echo/x?unknown'])(
    'has the headers that protect browsers: %s',
    async (path) => {
      const { headers } = await fetch(running.url + path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        'x-request-id': expect.any(String),
      })
    },
  )
})

describe('a route of the gateway itself', () => {
  const OWN = ['/livez', '/readyz', '/openapi.json', '/docs', '/docs/page.js', '/circuit-breaker/status']

  it.each(OWN)('answers HEAD as GET without a body: %s', async (path) => {
    const [get, head] = [await fetch(running.url + path), await fetch(running.url + path, { method: 'HEAD' })]
    expect([head.status, await head.text()]).toEqual([get.status, ''])
    expect(head.headers.get('content-type')).toBe(get.headers.get('content-type'))
    await get.body?.cancel()
  })

  it.each(OWN)('says which methods it has: %s', async (path) => {
    const refused = await fetch(running.url + path, { method: 'POST' })
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await refused.json()).toMatchObject({ code: 'BAD_REQUEST', detail: 'Use GET or HEAD.' })
    const options = await fetch(running.url + path, { method: 'OPTIONS' })
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })
})

describe('what no client of HTTP sends', () => {
  it.each<[what: string, bytes: string, status: number]>([
    ['two hosts', `GET /echo/x HTTP/1.1\r\nhost: a\r\n${CLOSE}`, 400],
    ['no host', 'GET /echo/x HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
    ['two lengths', `POST /echo HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 3\r\n${CLOSE}{}`, 400],
    [
      'a length and chunks',
      `POST /echo HTTP/1.1\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n${CLOSE}0\r\n\r\n`,
      400,
    ],
    ['a header of 20 KiB', `GET /echo/x HTTP/1.1\r\nx-large: ${'x'.repeat(20_000)}\r\n${CLOSE}`, 431],
    ['a line break in a header', `GET /echo/x HTTP/1.1\r\nx-a: b\rpostern-caller: c\r\n${CLOSE}`, 400],
    ['another protocol', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['an unknown method', `PROPFIND /echo/x HTTP/1.1\r\n${CLOSE}`, 404],
    [
      'an upgrade, which is ignored',
      'GET /echo/x HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: close, upgrade\r\n\r\n',
      200,
    ],
  ])('is refused, or handled as any other request: %s', async (_, bytes, status) => {
    const response = await sendBytes(bytes)
    expect(response).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    if (status >= 400) expect(response.toLowerCase()).toContain('content-type: application/problem+json')
  })

  it('answers pipelined requests in their order, and closes a connection with too many', async () => {
    const request = (name: string, more = '') => `GET /echo/${name} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`
    const ordered = await sendBytes(request('a') + request('b') + request('c', 'connection: close\r\n'))
    expect([...ordered.matchAll(/"name":"(.)"/g)].map(([, name]) => name)).toEqual(['a', 'b', 'c'])
    const before = running.echo.calls()
    await sendBytes(Array.from({ length: 500 }, () => request('x')).join(''))
    expect(running.echo.calls() - before).toBeLessThanOrEqual(64)
  })
})

it('shows which service struggles only to those who send METRICS_TOKEN', async () => {
  const token = 'test-metrics-token-0123456789abcdef0123456789'
  const guarded = await startEchoGateway({ METRICS_TOKEN: token })
  const readyz = async (headers: Record<string, string>) =>
    Object.keys((await (await fetch(`${guarded.url}/readyz`, { headers })).json()) as object)
  expect(await readyz({})).toEqual(['status'])
  expect(await readyz({ authorization: 'Bearer other' })).toEqual(['status'])
  expect(await readyz({ authorization: `Bearer ${token}` })).toEqual(['status', 'tokens', 'echo'])
  await guarded.stop()
})

import { status } from '@grpc/grpc-js'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cachePolicies } from '../../../services/gateway/src/cache/policy.js'
import { AuthService } from '../../../packages/proto/src/auth.js'
import { type EchoServer, echoService, RULES, startEchoServer } from '../../support/echo-service.js'
import { type RunningGateway, startGateway } from '../../support/gateway.js'
import { connectTestRedis } from '../../support/redis.js'

const KEPT = { '[postern.common.v1.cache]': { maxAgeSeconds: 60, staleIfErrorSeconds: 600 } }
const READS = { idempotencyLevel: 'NO_SIDE_EFFECTS' }

/** Get may be kept, and File not. */
const service = echoService(RULES, { Get: { ...READS, ...KEPT }, File: READS })

let [echo, gateway, redis] = [] as unknown as [EchoServer, RunningGateway, Redis]
beforeAll(async () => {
  redis = await connectTestRedis()
  echo = await startEchoServer(service)
  const served = [{ name: 'echo', url: echo.target, definitions: [service] }]
  gateway = await startGateway({}, { served, addresses: { echo: { target: echo.target, tls: false } } })
})
afterAll(async () => {
  await gateway.stop()
  echo.stop()
  redis.disconnect()
})
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${gateway.url}${path}`, { headers })

/** Makes everything that is kept older. */
async function age(seconds: number) {
  for (const key of await redis.keys('postern:gateway:response:*')) {
    const entry = (await redis.getBuffer(key))!
    entry.writeDoubleBE(entry.readDoubleBE() - seconds * 1000)
    await redis.set(key, entry, 'KEEPTTL')
  }
}

describe('a response that may be kept', () => {
  it('is sent again without a call, with its age, and not at all to a client that has it', async () => {
    const before = echo.calls()
    const first = await get('/echo/ada?count=1')
    expect(first.headers.get('cache-control')).toBe('public, max-age=60')
    expect(first.headers.get('age')).toBe('0')
    const etag = first.headers.get('etag')!
    expect(etag).toMatch(/^"[\w-]{22}"$/)
    await age(20)

    const second = await get('/echo/ada?count=1')
    expect(await second.json()).toEqual(await first.json())
    expect(Number(second.headers.get('age'))).toBeGreaterThanOrEqual(20)
    expect(second.headers.get('etag')).toBe(etag)

    const third = await get('/echo/ada?count=1', { 'if-none-match': `"other", W/${etag}` })
    expect([third.status, await third.text(), third.headers.get('etag')]).toEqual([304, '', etag])
    expect(third.headers.get('cache-control')).toBe('public, max-age=60')
    expect(echo.calls() - before).toBe(1)
    expect((await gateway.gateway.metrics.text()).match(/cache_total{result="hit"} (\d+)/)?.[1]).toBe('2')
  })

  it('is one for each message', async () => {
    const before = echo.calls()
    for (const path of ['/echo/a', '/echo/b', '/echo/a?count=1', '/v2/echo/a']) await get(path)
    // The last is the same message on another path.
    expect(echo.calls() - before).toBe(3)
  })

  it('is requested again when it is too old', async () => {
    await get('/echo/old')
    await age(61)
    const before = echo.calls()
    expect((await get('/echo/old')).headers.get('age')).toBe('0')
    expect(echo.calls() - before).toBe(1)
  })

  it('is sent with a warning while the service does not answer, but not forever', async () => {
    const first = await (await get('/echo/stale')).text()
    await age(61)
    echo.failWith({ code: status.UNAVAILABLE, details: 'down' })
    const stale = await get('/echo/stale')
    expect([stale.status, await stale.text()]).toEqual([200, first])
    expect(stale.headers.get('warning')).toBe('111 - "Revalidation Failed"')
    expect(Number(stale.headers.get('age'))).toBeGreaterThan(60)

    await age(600)
    echo.failWith({ code: status.UNAVAILABLE, details: 'down' })
    expect((await get('/echo/stale')).status).toBe(503)
  })

  it('is neither kept nor sent for a request with credentials', async () => {
    await get('/echo/mine')
    const before = echo.calls()
    const answered = await get('/echo/mine', { authorization: 'Bearer something' })
    expect(answered.headers.get('cache-control')).toBe('no-store')
    expect(echo.calls() - before).toBe(1)
    await get('/echo/mine-only', { authorization: 'Bearer something' })
    expect((await get('/echo/mine-only')).headers.get('age')).toBe('0')
    expect(echo.calls() - before).toBe(3)
  })

  it('has nothing of the client that got it first', async () => {
    await get('/echo/shared', { 'x-request-id': 'first' })
    const second = await get('/echo/shared', { 'x-request-id': 'second' })
    for (const name of ['x-request-id', 'ratelimit', 'ratelimit-policy']) expect(second.headers.get(name)).toBeNull()
  })
})

it('a response whose RPC does not say so is never kept', async () => {
  const before = echo.calls()
  for (let i = 0; i < 2; i++) {
    const response = await get('/files/a')
    expect([response.headers.get('cache-control'), response.headers.get('etag')]).toEqual(['no-store', null])
  }
  expect(echo.calls() - before).toBe(2)
  expect(cachePolicies([AuthService]).size).toBe(0)
})

it.each([
  ['that only signed-in users may call', { PrivateGet: { get: '/x' } }, { PrivateGet: { ...READS, ...KEPT } }],
  ['with side effects', { Get: { get: '/x' } }, { Get: KEPT }],
  ['that is no GET', { Post: { post: '/x', body: '*' } }, { Post: { ...READS, ...KEPT } }],
  ['without an age', { Get: { get: '/x' } }, { Get: { ...READS, '[postern.common.v1.cache]': {} } }],
])('the gateway refuses to keep responses of an RPC %s', (_, rules, options) => {
  expect(() => cachePolicies([echoService(rules, options)])).toThrow('only a GET with ACCESS_PUBLIC')
})

it('without Redis, the service answers each request', async () => {
  const served = [{ name: 'echo', url: echo.target, definitions: [service] }]
  const addresses = { echo: { target: echo.target, tls: false } }
  const alone = await startGateway({ REDIS_URL: 'redis://127.0.0.1:1' }, { served, addresses })
  const before = echo.calls()
  for (let i = 0; i < 2; i++) {
    const response = await fetch(`${alone.url}/echo/alone`)
    expect([response.status, response.headers.get('age')]).toEqual([200, '0'])
  }
  expect(echo.calls() - before).toBe(2)
  await alone.stop()
})

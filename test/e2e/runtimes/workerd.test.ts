import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { hostileTokens, KEYS } from '../../../packages/session/test/support/hostile-tokens.js'
import { claims, pair, signES256 } from '../../../packages/session/test/support/tokens.js'
import { unique } from '../../support/client.js'
import { ACCESS, page, signInFrom } from '../../support/cookies.js'
import { keyCommands, keysFolder } from '../../support/keys.js'
import { testRedisUrl } from '../../support/redis.js'
import { startWorker } from '../../support/runtimes.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let keys: Awaited<ReturnType<typeof keysFolder>>
let service: Service

beforeAll(async () => {
  keys = await keysFolder()
  await keyCommands(keys.path).rotate()
  service = await startService({
    KEYS_DIR: keys.path,
    REVOCATION_KEY: 'r'.repeat(32),
    JWT_SECRET: '',
    REDIS_URL: testRedisUrl(),
  })
})
afterAll(async () => {
  await service.stop()
  await keys.remove()
})

// Each date has its own behavior: the later one handles promises across requests, and knows more options of fetch.
describe.each(['2023-07-01', '2026-11-01'])('in workerd, with the behavior of %s', (date) => {
  let worker: Awaited<ReturnType<typeof startWorker>>

  beforeAll(async () => {
    worker = await startWorker(date, { SERVICE: service.url, KEYS: JSON.stringify(KEYS) })
  })
  afterAll(() => worker.stop())

  const post = async (path: string, body: unknown) => {
    const response = await fetch(worker.url + path, { method: 'POST', body: JSON.stringify(body) })
    const text = await response.text()
    expect([response.status, text]).toEqual([200, text])
    return JSON.parse(text) as unknown
  }
  const me = async (headers: Record<string, string>, method = 'GET') => {
    const response = await fetch(`${worker.url}/me`, { method, headers })
    return { status: response.status, body: (await response.json()) as unknown }
  }

  it('the entry for the edge accepts and refuses every token as Node.js does', async () => {
    const tokens = hostileTokens()
    const outcomes = (await post(
      '/outcomes',
      tokens.map(({ token }) => token),
    )) as string[]
    expect(tokens.map(({ token }, i) => ({ token, outcome: outcomes[i] }))).toEqual(tokens)
    expect(outcomes.filter((outcome) => outcome === 'accepted').length).toBeGreaterThan(3)
  })

  it('verifies with fetched keys, and refuses a token at once after the logout', async () => {
    const { id, token } = await service.signUp()
    const headers = { authorization: `Bearer ${token}` }
    const many = await Promise.all(Array.from({ length: 20 }, () => me(headers)))
    for (const one of many) expect(one).toEqual({ status: 200, body: { userId: id, revocationChecked: true } })
    await service.succeed('mutation { logout }', {}, token)
    expect(await me(headers)).toEqual({ status: 401, body: { code: 'revoked' } })
    expect(await me({})).toEqual({ status: 401, body: { code: 'missing_token' } })
  })

  it('reads the cookie of a request under the CSRF rules', async () => {
    const account = await service.register()
    const { access } = await signInFrom(service.url, page(service.url), account)
    const cookie = `${ACCESS}=${access}`
    expect(await me({ cookie, ...page(worker.url) }, 'POST')).toMatchObject({
      status: 200,
      body: { userId: account.id },
    })
    expect(await me({ cookie, ...page('https://evil.example') }, 'POST')).toMatchObject({ status: 403 })
    expect(await me({ cookie }, 'POST')).toMatchObject({ status: 403 })
  })

  it('a request that is canceled while it fetches keys holds no other request up', async () => {
    const payload = claims()
    const keySet = JSON.stringify({ keys: [{ ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }] })
    const held: ServerResponse[] = []
    let hits = 0
    const origin = createServer(({ url }, response) => {
      if (url !== '/.well-known/jwks.json') response.end(JSON.stringify({ data: { profile: { id: payload.sub } } }))
      else if (hits++ === 0) held.push(response)
      else response.end(keySet)
    })
    await once(origin.listen(0, '127.0.0.1'), 'listening')
    const SERVICE = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`
    const fresh = await startWorker(date, { SERVICE, KEYS: '{}' })
    onTestFinished(async () => {
      // workerd ends when all its requests have.
      origin.closeAllConnections()
      origin.close()
      await fresh.stop()
    })
    const call = (signal?: AbortSignal) =>
      fetch(`${fresh.url}/me`, {
        headers: { authorization: `Bearer ${signES256(payload)}` },
        ...(signal && { signal }),
      })
    const leaving = new AbortController()
    const canceled = call(leaving.signal).catch(() => 'canceled')
    await until('the keys are being fetched', async () => held.length === 1)
    expect((await call()).status).toBe(200)
    leaving.abort()
    expect(await canceled).toBe('canceled')
    expect((await call()).status).toBe(200)
  })

  it('the client signs up, in and out', async () => {
    const username = unique()
    const account = { email: `${unique()}@example.com`, username, password: 'correct horse' }
    expect(await post('/client', account)).toEqual({
      available: true,
      username,
      email: account.email,
      refused: 'UNAUTHENTICATED',
    })
  })
})

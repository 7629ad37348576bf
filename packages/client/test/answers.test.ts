import { createServer } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, beforeEach, expect, expectTypeOf, it } from 'vitest'
import type { ErrorCode } from '@postern/contract/errors'
import { createClient, PosternError, type Client, type PosternErrorCode } from '../src/index.js'
import { startService, type Service } from '../../../test/support/service.js'
import { startProxy, type Instead, type Proxy } from './support/proxy.js'

let service: Service
let proxy: Proxy
let client: Client

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
beforeEach(async () => {
  proxy = await startProxy(service.url)
  client = createClient({ url: proxy.url })
})
afterEach(() => proxy.close())

const html = '<html><h1>502 Bad Gateway</h1></html>'
const json = (body: unknown) => ({ status: 200, body: JSON.stringify(body) })

it.each<[what: string, instead: Instead, code: string, retryAfter?: number]>([
  ['a broken connection', 'cut', 'NETWORK_ERROR'],
  ["a gateway's page", { status: 502, body: html }, 'SERVICE_UNAVAILABLE'],
  ['an empty 503', { status: 503, headers: { 'retry-after': '3' } }, 'SERVICE_UNAVAILABLE', 3],
  ['a date in Retry-After', { status: 503, headers: { 'retry-after': 'tomorrow' } }, 'SERVICE_UNAVAILABLE'],
  ["a gateway's limit", { status: 429, headers: { 'retry-after': '9' }, body: html }, 'RATE_LIMITED', 9],
  ['a page instead of the service', { status: 200, body: html }, 'BAD_RESPONSE'],
  ['a missing page', { status: 404, body: html }, 'BAD_RESPONSE'],
  ['an empty response', { status: 200 }, 'BAD_RESPONSE'],
  ['null', json(null), 'BAD_RESPONSE'],
  ['a list', json([]), 'BAD_RESPONSE'],
  ['a number for data', json({ data: 1 }), 'BAD_RESPONSE'],
  ['data without the field', json({ data: {} }), 'BAD_RESPONSE'],
  ['errors of another format', json({ errors: [{ message: 'No' }] }), 'BAD_RESPONSE'],
  ['errors without content', json({ errors: [null] }), 'BAD_RESPONSE'],
])('turns %s into an error with a code', async (_what, instead, code, retryAfter) => {
  proxy.onCall = () => instead
  const error: unknown = await client.checkUsername('ada').catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(PosternError)
  expect(error).toMatchObject({ name: 'PosternError', code, retryAfter, fields: [] })
  expect((error as PosternError).message).toMatch(/^[A-Z].+[.)]$/)
})

it.each([301, 302, 303, 307, 308])(
  'sends nothing to the target of a %i, and names its origin but nothing secret in it',
  async (status) => {
    const elsewhere = await startProxy(service.url)
    const location = `${elsewhere.url}?secret=1#secret`
    proxy.onCall = () => ({ status, headers: { location }, body: JSON.stringify({ data: { login: null } }) })
    const login = client.login({ username: 'ada', password: 'correct horse' })
    await expect(login).rejects.toMatchObject({
      code: 'BAD_RESPONSE',
      message: `The service's address redirects to ${elsewhere.origin}.`,
    })
    expect([proxy.calls.length, elsewhere.calls.length]).toEqual([1, 0])
    await elsewhere.close()
  },
)

it.each([
  ['a path', '/graphql/', ' to ORIGIN'],
  ['nothing', undefined, ''],
  ['what is not a URL', 'http://[', ''],
])('explains a redirect to %s', async (_what, location, named) => {
  proxy.onCall = () => ({ status: 308, headers: { ...(location && { location }) } })
  const message = `The service's address redirects${named.replace('ORIGIN', proxy.origin)}.`
  await expect(client.policy()).rejects.toMatchObject({ code: 'BAD_RESPONSE', message })
})

it('exposes the code, the fields and the request id of an error', async () => {
  const account = await service.register()
  const again = client.register({ email: account.email, password: 'correct horse' })
  await expect(again).rejects.toMatchObject({ code: 'EMAIL_EXISTS', requestId: expect.stringMatching(/^[\w-]{36}$/) })
  const broken = client.register({ email: 'no', password: 'short' })
  await expect(broken).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    fields: [
      { path: 'email', message: expect.any(String) },
      { path: 'password', message: expect.any(String) },
    ],
  })
  await expect(client.request('{ nothing }')).rejects.toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' })
})

it('prefers the seconds of the error to those of the header', async () => {
  const extensions = { code: 'RATE_LIMITED', retryAfter: 60 }
  proxy.onCall = () => ({ ...json({ errors: [{ message: 'Later.', extensions }] }), headers: { 'retry-after': '1' } })
  await expect(client.profile()).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 60, message: 'Later.' })
})

it('exposes the reason of a refused sign-in, and the code of each field', async () => {
  const refuse = (extensions: object) => json({ errors: [{ message: 'Refused.', extensions }] })
  proxy.onCall = () => refuse({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' })
  const login = client.login({ username: 'ada', password: 'wrong' })
  await expect(login).rejects.toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' })
  const fields = [
    { path: 'email', message: 'Sign in instead.', code: 'EMAIL_EXISTS' },
    { path: 'password', message: 'Choose another one.', code: 'WEAK_PASSWORD' },
  ]
  proxy.onCall = () => refuse({ code: 'EMAIL_EXISTS', fields })
  const registration = client.register({ email: 'ada@example.com', password: 'password' })
  await expect(registration).rejects.toMatchObject({ code: 'EMAIL_EXISTS', reason: undefined, fields })
})

it('gives up after the timeout, even if only the body is missing', async () => {
  const silent = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{'))
  })
  await once(silent.listen(0, '127.0.0.1'), 'listening')
  const { port } = silent.address() as { port: number }
  const hasty = createClient({ url: `http://127.0.0.1:${port}/graphql`, timeout: 100 })
  await expect(hasty.policy()).rejects.toMatchObject({ code: 'TIMEOUT' })
  // Even if fetch ignores its signal.
  const deaf = createClient({ url: proxy.url, timeout: 100, fetch: () => new Promise(() => undefined) })
  await expect(deaf.policy()).rejects.toMatchObject({ code: 'TIMEOUT' })
  silent.close()
})

it('waits without a limit when the timeout is Infinity', async () => {
  proxy.onAnswer = () => new Promise((resolve) => setTimeout(resolve, 20, undefined))
  const patient = createClient({ url: proxy.url, timeout: Infinity })
  expect(await patient.checkUsername('ada')).toMatchObject({ username: 'ada' })
})

it("rejects with the signal's reason when it is aborted, before or during the request", async () => {
  await expect(client.checkUsername('ada', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
  expect(proxy.calls).toHaveLength(0)
  const controller = new AbortController()
  proxy.onCall = () => {
    controller.abort(new Error('mine'))
    return undefined
  }
  await expect(client.checkUsername('ada', { signal: controller.signal })).rejects.toThrow('mine')
})

it('throws a TypeError for variables that are not JSON, and sends nothing', async () => {
  const call = client.request('query ($first: Int) { users(first: $first) { totalCount } }', { first: 1n })
  await expect(call).rejects.toThrow(TypeError)
  expect(proxy.calls).toEqual([])
})

it('checks usernames without a token, by plans of the service', async () => {
  const account = await service.register()
  await client.login({ email: account.email, password: account.password })
  const hot = async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    return Number(/^postern_graphql_requests_total\{path="hot"\} (\d+)$/m.exec(metrics)?.[1] ?? 0)
  }
  for (const suggestions of [0, 3]) {
    const check = (name: string) => client.checkUsername(name, { suggestions })
    expect(await check(account.username)).toMatchObject({ available: false, reason: 'TAKEN' })
    expect(await check('not-yet-taken')).toMatchObject({ available: true, reason: null, suggestions: [] })
    const before = await hot()
    expect((await check(account.username)).suggestions).toHaveLength(suggestions)
    expect(await hot()).toBe(before + 1)
  }
  for (const { headers } of proxy.of('checkUsernameAvailability')) expect(headers.authorization).toBeUndefined()
})

// tsc compares the two types.
it('includes every code of the service in its type', () => {
  expectTypeOf<ErrorCode>().toExtend<PosternErrorCode>()
})

import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { ApolloServer, HeaderMap } from '@apollo/server'
import { createSchema, createYoga, maskError } from 'graphql-yoga'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessionContext, type SessionContext } from '../src/apollo.js'
import { authenticate, SessionError } from '../src/index.js'
import { createTestSessions } from '../src/testing.js'
import { refusal } from '../../../test/support/refusal.js'

const URL_OF_API = 'https://api.example.com/graphql'
const COOKIE = '__Host-postern-access'
const LISTED = 'https://app.example.com'
const COOKIES = { tokenFrom: ['bearer', 'cookie'], allowedOrigins: [LISTED] } as const

const test = createTestSessions()
const bearer = test.bearer({ sub: 'user-1' })
const cookie = `${COOKIE}=${test.token({ sub: 'cookie-user' })}`

function incoming(headers: Record<string, string>, method = 'POST') {
  const request = new IncomingMessage(new Socket())
  return Object.assign(request, { method, headers })
}
/** Objects without a prototype, as node:http2 creates them. */
const http2 = (headers: Record<string, string>) =>
  Object.assign(Object.create(null) as Record<string, string>, { ':method': 'POST', ...headers })

/** Each way in which servers and frameworks pass on a request with these headers. */
const shapes: [name: string, (headers: Record<string, string>) => unknown][] = [
  ['a request of node:http', (headers) => incoming(headers)],
  ['a request of node:http2', (headers) => ({ method: 'POST', headers: http2(headers) })],
  ['a fetch Request', (headers) => new Request(URL_OF_API, { method: 'POST', headers })],
  ['an object with fetch Headers', (headers) => ({ method: 'POST', headers: new Headers(headers) })],
  [
    'the HTTPGraphQLRequest of Apollo',
    (headers) => ({ method: 'POST', headers: new HeaderMap(Object.entries(headers)) }),
  ],
  [
    'an event with names as the client wrote them',
    (headers) => ({
      method: 'POST',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value])),
    }),
  ],
  [
    'an event with lists of values',
    (headers) => ({
      method: 'POST',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    }),
  ],
]

describe.each(shapes)('%s', (_, make) => {
  const userOf = (headers: Record<string, string>, options = {}) =>
    authenticate(test.sessions, make(headers) as Request, options).userId

  it('signs in by its Bearer token', () => {
    expect(userOf({ authorization: bearer })).toBe('user-1')
    expect(refusal(() => userOf({}))).toBe('missing_token')
    expect(refusal(() => userOf({ authorization: 'Bearer nonsense' }))).toBe('malformed_token')
  })

  it('signs in by its cookie, under the CSRF rules', () => {
    const page = { cookie, 'x-postern-cookies': '1', host: 'api.example.com' }
    expect(userOf({ ...page, origin: LISTED }, COOKIES)).toBe('cookie-user')
    expect(userOf({ ...page, origin: 'https://api.example.com' }, COOKIES)).toBe('cookie-user')
    expect(userOf({ ...page, origin: LISTED, authorization: bearer }, COOKIES)).toBe('user-1')
    for (const [header, value] of [
      ['origin', 'https://evil.example'],
      ['origin', 'null'],
      ['x-postern-cookies', 'true'],
      ['sec-fetch-site', 'cross-site'],
    ] as const)
      expect(refusal(() => userOf({ ...page, origin: LISTED, [header]: value }, COOKIES))).toBe('csrf_rejected')
    expect(refusal(() => userOf({ cookie }, COOKIES))).toBe('csrf_rejected')
  })

  it('is read by sessionContext, alone, as `req` and as `request`', async () => {
    const context = sessionContext(test.sessions)
    const request = make({ authorization: bearer }) as Request
    for (const given of [request, { req: request }, { request }, { req: { raw: request } }])
      expect((await context(given)).auth?.userId).toBe('user-1')
  })
})

it('reads fetch Headers alone, as a server component of Next.js has them', () => {
  expect(authenticate(test.sessions, new Headers({ authorization: bearer })).userId).toBe('user-1')
  const page = new Headers({ cookie, 'x-postern-cookies': '1', origin: LISTED })
  expect(authenticate(test.sessions, page, COOKIES).userId).toBe('cookie-user')
})

it('refuses two Authorization headers, and reads several Cookie headers as one', () => {
  const request = (headers: Record<string, string[]>) => ({ method: 'POST', headers })
  const read = (headers: Record<string, string[]>) => authenticate(test.sessions, request(headers), COOKIES).userId
  expect(refusal(() => read({ authorization: [bearer, bearer] }))).toBe('malformed_token')
  expect(refusal(() => read({ authorization: [bearer, 'Basic dXNlcjpwdw=='] }))).toBe('malformed_token')
  const page = { 'x-postern-cookies': ['1'], origin: [LISTED] }
  expect(read({ ...page, cookie: ['a=1', cookie] })).toBe('cookie-user')
  expect(refusal(() => read({ ...page, cookie: [cookie, cookie] }))).toBe('missing_token')
  expect(refusal(() => read({ ...page, cookie: [cookie], origin: [LISTED, LISTED] }))).toBe('csrf_rejected')
})

it('reads a name in another case also where the one in lower case has no value', () => {
  const headers = { authorization: undefined, Authorization: bearer }
  expect(authenticate(test.sessions, { headers }).userId).toBe('user-1')
})

it('takes the own host of HTTP/2 and of a fetch Request without Host from where they have it', () => {
  const own = { cookie, 'x-postern-cookies': '1', origin: 'https://api.example.com' }
  const authority = { method: 'POST', headers: http2({ ...own, ':authority': 'api.example.com' }) }
  expect(authenticate(test.sessions, authority, COOKIES).userId).toBe('cookie-user')
  const request = new Request(URL_OF_API, { method: 'POST', headers: own })
  expect(authenticate(test.sessions, request, COOKIES).userId).toBe('cookie-user')
  const other = new Request('https://other.example.com/', { method: 'POST', headers: own })
  expect(refusal(() => authenticate(test.sessions, other, COOKIES))).toBe('csrf_rejected')
  // A client of node:http can write any URL into its request line.
  const absolute = Object.assign(incoming(own), { url: URL_OF_API })
  expect(refusal(() => authenticate(test.sessions, absolute, COOKIES))).toBe('csrf_rejected')
})

it('throws a TypeError for what is no request, and never takes it for an anonymous one', async () => {
  const context = sessionContext(test.sessions)
  for (const given of [
    undefined,
    null,
    'Bearer x',
    bearer,
    5,
    {},
    [],
    () => {},
    { headers: undefined },
    { headers: null },
    { headers: 'authorization: Bearer x' },
    { headers: [] },
    { headers: ['authorization', bearer] },
    { headers: [['authorization', bearer]] },
    { headers: () => new Headers() },
    { headers: Promise.resolve(new Headers()) },
    { headers: new Date() },
    { headers: new Set([bearer]) },
    Promise.resolve(new Request(URL_OF_API)),
    Promise.resolve(new Headers()),
    { get: () => bearer },
    { raw: { raw: { headers: { authorization: bearer } } } },
    new URL(URL_OF_API),
    { authorization: bearer },
  ]) {
    expect(() => authenticate(test.sessions, given as never, COOKIES)).toThrow(TypeError)
    await expect(context(given as never)).rejects.toThrow(/request/)
    await expect(context({ req: given } as never)).rejects.toThrow(TypeError)
  }
  expect(() => authenticate(test.sessions, { headers: [['authorization', bearer]] } as never)).not.toThrow(
    expect.objectContaining({ message: expect.stringContaining(bearer) }),
  )
})

const typeDefs = 'type Query { hello: String! me: ID! }'
const Query = {
  hello: (_: unknown, __: unknown, { auth }: SessionContext) => `Hello ${auth?.userId ?? 'stranger'}`,
  me: (_: unknown, __: unknown, context: SessionContext) => context.requireAuth().userId,
}
const body = (query: string) => JSON.stringify({ query })
const json = { 'content-type': 'application/json' }

describe('under GraphQL Yoga', () => {
  const yoga = createYoga<object, SessionContext>({
    schema: createSchema<SessionContext>({ typeDefs, resolvers: { Query } }),
    context: sessionContext(test.sessions, COOKIES),
    logging: false,
    maskedErrors: {
      maskError: (error, ...rest) =>
        (error as { originalError?: unknown }).originalError instanceof SessionError
          ? (error as Error)
          : maskError(error, ...rest),
    },
  })
  const send = async (query: string, headers: Record<string, string>) => {
    const response = await yoga.fetch(URL_OF_API, {
      method: 'POST',
      headers: { ...json, ...headers },
      body: body(query),
    })
    return { status: response.status, challenge: response.headers.get('www-authenticate'), text: await response.text() }
  }

  it('refusals have the code, the HTTP status and the challenge', async () => {
    const anonymous = await send('{ me }', {})
    expect(anonymous).toMatchObject({ status: 401, challenge: 'Bearer' })
    expect(anonymous.text).toContain('"UNAUTHENTICATED"')
    const expired = await send('{ me }', { authorization: test.bearer({ exp: 1000 }) })
    expect(expired).toMatchObject({ status: 401, challenge: expect.stringContaining('invalid_token') as string })
    expect(await send('{ me }', { cookie })).toMatchObject({ status: 403, challenge: null })
  })

  it('the context knows the user by token and by cookie', async () => {
    expect((await send('{ me }', { authorization: bearer })).text).toBe('{"data":{"me":"user-1"}}')
    const page = { cookie, 'x-postern-cookies': '1', origin: LISTED }
    expect((await send('{ me }', page)).text).toBe('{"data":{"me":"cookie-user"}}')
    expect((await send('{ hello }', {})).text).toBe('{"data":{"hello":"Hello stranger"}}')
  })
})

describe('under Apollo Server with fetch Requests, as in a route handler of Next.js', () => {
  const server = new ApolloServer<SessionContext>({ typeDefs, resolvers: { Query } })
  const context = sessionContext(test.sessions, COOKIES)
  beforeAll(() => server.start())
  afterAll(() => server.stop())

  async function handle(request: Request) {
    const { status, body } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: new HeaderMap(request.headers),
        search: '',
        body: await request.clone().json(),
      },
      context: () => context(request),
    })
    return { status: status ?? 200, text: body.kind === 'complete' ? body.string.trim() : '' }
  }
  const send = (query: string, headers: Record<string, string>) =>
    handle(new Request(URL_OF_API, { method: 'POST', headers: { ...json, ...headers }, body: body(query) }))

  it('the context knows the user by token and by cookie, and refuses as under node:http', async () => {
    expect((await send('{ me }', { authorization: bearer })).text).toBe('{"data":{"me":"user-1"}}')
    const page = { cookie, 'x-postern-cookies': '1', origin: LISTED }
    expect((await send('{ me }', page)).text).toBe('{"data":{"me":"cookie-user"}}')
    expect(await send('{ me }', {})).toMatchObject({ status: 401 })
    expect(await send('{ me }', { ...page, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
  })
})

import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'

/** What graphql-cop looks for, and more of the same kind, at a service as it runs in production. */
let service: Service

beforeAll(async () => {
  service = await startService({ NODE_ENV: 'production', HOST: '127.0.0.1', WEB: 'true', PLAYGROUND: '' })
})
afterAll(() => service.stop())

const many = (count: number, field: (n: number) => string) =>
  Array.from({ length: count }, (_, n) => field(n)).join(' ')

interface Body {
  data?: unknown
  errors?: { message: string; extensions: { code: string } }[]
  extensions?: unknown
}

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`${service.url}${path}`, init)
  const text = await response.text()
  const body = (text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {}) as Body
  return { status: response.status, headers: response.headers, text, body, code: body.errors?.[0]?.extensions.code }
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  ask('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const LOGIN = 'login(input: { email: "a@example.com", password: "a guess" }) { token }'

describe('a service in production refuses', () => {
  it.each([
    ['an overload of aliases', `{ ${many(101, (n) => `a${n}: __typename`)} }`],
    ['100 aliased logins', `mutation { ${many(100, (n) => `a${n}: ${LOGIN}`)} }`],
    ['6 aliased logins', `mutation { ${many(6, (n) => `a${n}: ${LOGIN}`)} }`],
    [
      '100 aliased username checks',
      `{ ${many(100, (n) => `a${n}: checkUsernameAvailability(username: "x") { reason }`)} }`,
    ],
    ['the same field 500 times', `{ ${'__typename '.repeat(500)} }`],
    ['the same field 500 times below another', `{ profile { ${'id '.repeat(500)} } }`],
    ['an overload of directives', `{ __typename ${'@include(if: true) '.repeat(20)} }`],
    ['an overload of unknown directives', `{ __typename ${'@aa '.repeat(20)} }`],
    ['fragments that spread each other', '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }'],
    ['a fragment that spreads itself', 'query { ...A } fragment A on Query { __typename ...A }'],
    ['introspection', getIntrospectionQuery()],
    ['introspection of one type', '{ __type(name: "User") { fields { name } } }'],
    ['introspection beside other fields', '{ __typename a: __schema { types { name } } }'],
    ['circular introspection', `{ __schema { types { ${'fields { type { '.repeat(8)} name ${'} } '.repeat(8)} } } }`],
    ['a deep document', `{ profile ${'{ a '.repeat(100)}${'} '.repeat(101)}`],
    ['a subscription', 'subscription { __typename }'],
    ['an unknown operation', 'qwerty { abc }'],
    ['unknown fields', `{ ${many(30, (n) => `unknown${n}`)} }`],
    ['a document that is no GraphQL', '{{{'],
  ])('%s, with 400 and at most five errors that reveal nothing', async (_what, query) => {
    const { status, body, text } = await post({ query })
    expect(status).toBe(400)
    expect(body.data).toBeUndefined()
    expect(body.errors?.length).toBeLessThanOrEqual(5)
    expect(text).not.toMatch(/Did you mean|stacktrace|exception|node_modules|"extensions":\{"code":"INTERNAL/i)
    expect(body).not.toHaveProperty('extensions')
  })

  it.each([
    ['batches', Array.from({ length: 10 }, () => ({ query: '{ __typename }' }))],
    ['batches of one', [{ query: '{ __typename }' }]],
    ['empty batches', []],
  ])('%s', async (_what, batch) => {
    const { status, text } = await post(batch)
    expect(status).toBe(400)
    expect(text).not.toContain('"data"')
  })

  it.each([
    ['queries by GET that any page can send', 'GET', '{ __typename }', {}, 400],
    ['mutations by GET', 'GET', 'mutation { logout }', {}, 400],
    ['mutations by GET after a preflight', 'GET', 'mutation { logout }', { 'apollo-require-preflight': '1' }, 405],
    ['introspection by GET', 'GET', '{ __schema { types { name } } }', { 'apollo-require-preflight': '1' }, 400],
    ['queries by PUT', 'PUT', '{ __typename }', { 'apollo-require-preflight': '1' }, 405],
  ])('%s', async (_what, method, query, headers, expected) => {
    const { status, text } = await ask(`/graphql?query=${encodeURIComponent(query)}`, { method, headers })
    expect(status).toBe(expected)
    expect(text).not.toMatch(/"data":\{/)
  })

  it.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/graphql',
    '',
  ])('a POST with the content type "%s", which a form of any page can send', async (type) => {
    const asForm = await post(`query=${encodeURIComponent('{ __typename }')}`, { 'content-type': type })
    const asJson = await post({ query: '{ __typename }' }, { 'content-type': type })
    for (const { status, text } of [asForm, asJson]) {
      expect([400, 415]).toContain(status)
      expect(text).not.toMatch(/"data":\{/)
    }
  })

  it.each(['/graphiql', '/playground', '/console', '/graphql', '/altair', '/voyager', '/graphql/console'])(
    'to show an IDE at %s',
    async (path) => {
      for (const headers of [{ accept: 'text/html' }, { accept: 'text/html', 'apollo-require-preflight': '1' }]) {
        const { status, text } = await ask(path, { headers })
        expect(status).toBeGreaterThanOrEqual(400)
        expect(text).not.toMatch(/graphiql|playground|sandbox/i)
      }
    },
  )

  it('to trace, or to say what failed inside', async () => {
    const traced = await post(
      { query: '{ __typename }' },
      { 'apollo-tracing': '1', 'x-apollo-tracing': '1', 'apollo-federation-include-trace': 'ftv1' },
    )
    expect(traced.body).toEqual({ data: { __typename: 'Query' } })
    for (const body of ['{"query":', '"text"', 'null', '{"query":{}}', '{"query":"{ __typename }","variables":"x"}']) {
      const { status, text } = await post(body)
      expect(status).toBe(400)
      expect(text).not.toMatch(/stack|exception|at \w+ \(|node_modules/i)
    }
  })

  it('to name fields and types that are close to a misspelled one', async () => {
    for (const query of [
      '{ profil { id } }',
      '{ profile { emial } }',
      'mutation { loginn { token } }',
      '{ policy(x: 1) { y } }',
    ]) {
      const { status, text } = await post({ query })
      expect(status).toBe(400)
      expect(text).not.toMatch(/profile|email|login|Query|User|policy/)
    }
  })
})

it('browsers are told to insist on HTTPS in production only', async () => {
  const hsts = async (url: string) => (await fetch(`${url}/livez`)).headers.get('strict-transport-security')
  expect(await hsts(service.url)).toBe('max-age=31536000; includeSubDomains')
  for (const NODE_ENV of ['development', 'test']) {
    const other = await startService({ NODE_ENV })
    expect(await hsts(other.url)).toBeNull()
    await other.stop()
  }
})

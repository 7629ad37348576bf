import http from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN } from '../../support/client.js'
import { startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService({ ALLOWED_ORIGINS: 'https://app.example.com' })
})
afterAll(() => service.stop())

const SECRET = 'hunter2-my-secret'

const post = (body: string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(`${service.url}/graphql`, { method: 'POST', headers, body })

describe('a response', () => {
  it('has the request id of the request, in the header and in each error', async () => {
    const response = await post(JSON.stringify({ query: '{ profile { id } }' }), {
      'content-type': 'application/json',
      'x-request-id': 'my-trace.42',
    })
    expect(response.headers.get('x-request-id')).toBe('my-trace.42')
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { requestId: 'my-trace.42' } }] })
  })

  it('has a new request id if the given one could forge a log line', async () => {
    const response = await post('{}', { 'content-type': 'application/json', 'x-request-id': '"} fake' })
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('must not be cached, framed or sniffed', async () => {
    const { headers } = await service.graphql('{ __typename }')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('HTTP status', () => {
  it.each([
    ['a document with a syntax error', '{ profile(', 'GRAPHQL_PARSE_FAILED'],
    ['a field that does not exist', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['a subscription', 'subscription { anything }', 'GRAPHQL_VALIDATION_FAILED'],
    [
      'an operation that is not in the document',
      'query A { __typename } query B { __typename }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
  ])('is 400 for %s', async (_, query, code) => {
    expect(await service.graphql(query)).toMatchObject({ status: 400, code })
  })

  it('is 200 for everything that was executed, with or without errors', async () => {
    expect(await service.graphql('{ profile { id } }')).toMatchObject({ status: 200, code: 'UNAUTHENTICATED' })
  })

  it.each([
    ['400 for a body that is not JSON', '{"query":', 'application/json', 400],
    ['400 for a batch', '[{"query":"{ __typename }"}]', 'application/json', 400],
    ['400 for no query', '{}', 'application/json', 400],
    ['400 for a query that is not a string', '{"query":{"a":1}}', 'application/json', 400],
    ['400 for variables that are not an object', '{"query":"{ __typename }","variables":"x"}', 'application/json', 400],
    ['415 for another content type', 'query=1', 'application/x-www-form-urlencoded', 415],
    ['413 for a body larger than 100 KiB', JSON.stringify({ query: ' '.repeat(110_000) }), 'application/json', 413],
  ])('is %s', async (_, body, type, status) => {
    const response = await post(body, { 'content-type': type })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { requestId: expect.any(String) } }] })
  })

  it('is 400 for a malformed Host header', async () => {
    const { hostname, port } = new URL(service.url)
    const status = await new Promise((resolve, reject) => {
      const request = http.request({ hostname, port, path: '/graphql', headers: { host: '[' } }, (response) => {
        resolve(response.statusCode)
      })
      request.on('error', reject).end()
    })
    expect(status).toBe(400)
  })

  it('is 400 for a malformed URL, which is not repeated', async () => {
    const response = await fetch(`${service.url}/%zz?password=${SECRET}`)
    expect(response.status).toBe(400)
    const text = await response.text()
    expect(text).toContain('"BAD_REQUEST"')
    expect(text).not.toContain(SECRET)
  })

  it('is 200 for a persisted query, with the code that makes clients send the full query', async () => {
    const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } }
    const response = await post(JSON.stringify({ extensions }))
    expect(await response.json()).toMatchObject({
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    })
  })

  it('is 200 for an empty operationName, which equals none, by GET and by POST', async () => {
    const query = 'query ($n: String!) { checkUsernameAvailability(username: $n) { reason } }'
    const variables = { n: 'ab' }
    const search = new URLSearchParams({ operationName: '', query, variables: JSON.stringify(variables) }).toString()
    const get = () => fetch(`${service.url}/graphql?${search}`, { headers: { 'apollo-require-preflight': '1' } })
    // From the second time on by a plan.
    const send = () => post(JSON.stringify({ operationName: '', query, variables }))
    for (const response of [await get(), await get(), await send(), await send(), await send()]) {
      expect(response.status).toBe(200)
      expect(await response.json()).toEqual({ data: { checkUsernameAvailability: { reason: 'TOO_SHORT' } } })
    }
    const two = await post(
      JSON.stringify({ operationName: '', query: 'query A { __typename } query B { __typename }' }),
    )
    expect(await two.json()).toMatchObject({ errors: [{ message: expect.stringContaining('operation') }] })
  })

  it('is 200 for a query by GET only with a preflight header, and 405 for a mutation', async () => {
    const get = (query: string, headers: Record<string, string>) =>
      fetch(`${service.url}/graphql?query=${encodeURIComponent(query)}`, { headers })
    expect((await get('{ __typename }', { 'apollo-require-preflight': '1' })).status).toBe(200)
    expect((await get('{ __typename }', {})).status).toBe(400)
    expect((await get('mutation { logout }', { 'apollo-require-preflight': '1' })).status).toBe(405)
  })

  it.each([
    ['a GET without a preflight header', '?query={__typename}', { method: 'GET' }],
    ['a GET with an empty preflight header', '?query={__typename}', { headers: { 'apollo-require-preflight': '' } }],
    ['a GET with a content type of forms', '?query={__typename}', { headers: { 'content-type': 'text/plain' } }],
    ['a POST without a body', '', { method: 'POST' }],
  ])('is 400 for %s, with a message that says what to send', async (_, search, init: RequestInit) => {
    const response = await fetch(`${service.url}/graphql${search}`, init)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      errors: [
        {
          message:
            'Send a POST with content-type: application/json, or a GET with the header apollo-require-preflight: 1.',
          extensions: { code: 'BAD_REQUEST' },
        },
      ],
    })
  })

  it.each([
    ['apollo-require-preflight', '1'],
    ['x-apollo-operation-name', 'Any'],
    ['content-type', 'application/json'],
  ])('is 200 for a query by GET with %s', async (name, value) => {
    const response = await fetch(`${service.url}/graphql?query={__typename}`, { headers: { [name]: value } })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } })
  })

  it.each([
    ['a Bearer token', { authorization: 'Bearer expired' }],
    ['the header of cookies', { 'x-postern-cookies': '1' }],
    ['the mark of a page of the same origin', { 'sec-fetch-site': 'same-origin' }],
    ['an allowed origin', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
  ])('is 200 for a query by GET with %s, and 405 for a mutation', async (_, headers: Record<string, string>) => {
    const get = (query: string) => fetch(`${service.url}/graphql?query=${encodeURIComponent(query)}`, { headers })
    expect((await get('{ __typename }')).status).toBe(200)
    expect((await get('mutation { logout }')).status).toBe(405)
  })

  it.each([
    ['Basic credentials, which browsers add on their own', { authorization: 'Basic YWRhOmhvcnNl' }],
    ['a page of the same site', { 'sec-fetch-site': 'same-site' }],
    ['an unknown origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another value for the header of cookies', { 'x-postern-cookies': '' }],
  ])('is 400 for a query by GET with %s', async (_, headers: Record<string, string>) => {
    const response = await fetch(`${service.url}/graphql?query={__typename}`, { headers })
    expect(response.status).toBe(400)
  })

  it('is 503 before execution if too many requests are in progress', async () => {
    const busy = await startService({ MAX_CONCURRENT_REQUESTS: '1' })
    try {
      const input = { email: 'unknown@example.com', password: 'correct horse' }
      const answers = await Promise.all(Array.from({ length: 20 }, () => busy.graphql(LOGIN, { input })))
      const refused = answers.filter(({ status }) => status === 503)
      expect(refused.length).toBeGreaterThan(0)
      for (const { code, headers } of refused) {
        expect(code).toBe('SERVICE_UNAVAILABLE')
        expect(headers.get('retry-after')).toBe('1')
      }
      expect(answers.some(({ status, code }) => status === 200 && code === 'UNAUTHENTICATED')).toBe(true)
      expect((await busy.graphql('{ __typename }')).status).toBe(200)
    } finally {
      await busy.stop()
    }
  })
})

describe('logins beyond the hash queue', () => {
  it('are 503 with the time to retry, unhashed, while others succeed', async () => {
    const busy = await startService({ HASH_CONCURRENCY: '1', HASH_QUEUE: '2' })
    try {
      const { email, password } = await busy.register()
      const answers = await Promise.all(
        Array.from({ length: 30 }, () => busy.graphql(LOGIN, { input: { email, password } })),
      )
      const refused = answers.filter(({ errors }) => errors.length > 0)
      expect(refused.length).toBeGreaterThan(0)
      for (const { status, headers, data, errors } of refused) {
        const seconds = Number(headers.get('retry-after'))
        expect(seconds).toBeGreaterThanOrEqual(1)
        const { code, retryAfter, requestId, ...rest } = errors[0]!.extensions
        expect({ status, data, code, retryAfter, rest }).toEqual({
          ...{ status: 503, data: null, code: 'SERVICE_UNAVAILABLE', retryAfter: seconds, rest: {} },
        })
        expect(requestId).toBe(headers.get('x-request-id'))
      }
      const [sessions] = await busy.database.query<{ n: bigint }>('SELECT COUNT(*) AS n FROM sessions')
      expect(Number(sessions?.n)).toBe(answers.length - refused.length)
      expect(answers.length - refused.length).toBeGreaterThanOrEqual(3)
      expect(await busy.login({ email, password })).toHaveProperty('token')
    } finally {
      await busy.stop()
    }
  })
})

describe('introspection', () => {
  it('can be off, and then no suggestion reveals the schema', async () => {
    const closed = await startService({ INTROSPECTION: 'false' })
    expect(await closed.graphql('{ __schema { types { name } } }')).toMatchObject({ status: 400 })
    expect((await closed.graphql('{ profil { id } }')).text).not.toMatch(/Did you mean|profil/)
    for (const input of [{ pasword: 'x' }, { email: { x: 1 } }, { username: 5 }]) {
      const query = 'mutation ($input: RegisterInput!) { register(input: $input) { message } }'
      const { code, text } = await closed.graphql(query, { input })
      expect(code).toBe('INVALID_INPUT')
      expect(text).not.toMatch(/firstName|RegisterInput|String|pasword/)
    }
    await closed.stop()
  })

  it('is on by default outside of production', async () => {
    expect((await service.graphql('{ __schema { queryType { name } } }')).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    })
  })
})

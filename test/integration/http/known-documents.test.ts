import { Agent } from 'node:http'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { anyBody, anyHeaders, anyName, anyQuery, anyValue, ordinaryQuery } from '../../support/any-request.js'
import { rawPost as post, sendRaw as send, type RawRequest } from '../../support/raw-http.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Instance, type Service } from '../../support/service.js'

/** The same service twice, on one database: with plans of known documents, and with Apollo Server only. */
let hot: Service
let plain: Instance
let taken: string

const LISTED = 'https://app.example.com'
const COOKIE_MODE = { 'x-postern-cookies': '1', origin: LISTED }

beforeAll(async () => {
  hot = await startService({ ALLOWED_ORIGINS: LISTED })
  const shared = { DATABASE_URL: hot.database.url, REDIS_URL: testRedisUrl() }
  plain = await startInstance({ ...shared, ALLOWED_ORIGINS: LISTED, HOT_PATH: 'false' })
  taken = (await hot.register()).username
})
afterAll(async () => {
  await plain.stop()
  await hot.stop()
})

/** How many requests each path has answered so far. */
async function answered(by: 'hot' | 'apollo'): Promise<number> {
  const text = await (await fetch(`${hot.url}/metrics`)).text()
  return Number(new RegExp(`^postern_graphql_requests_total\\{path="${by}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

/** Whether a plan answered the last of three equal requests. */
async function hasPlan(request: RawRequest): Promise<boolean> {
  await send(hot.url, request)
  await send(hot.url, request)
  const before = await answered('hot')
  await send(hot.url, request)
  return (await answered('hot')) === before + 1
}

const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available reason } }'

describe('a known document', () => {
  it('is answered by its plan from the second use on', async () => {
    const request = post({ query: `# ${unique()}\n${CHECK}`, variables: { username: taken } })
    const before = await answered('hot')
    await send(hot.url, request)
    expect(await answered('hot')).toBe(before)
    await send(hot.url, request)
    expect(await answered('hot')).toBe(before + 1)
  })

  it.each([
    [
      'with __typename everywhere',
      'query ($username: String!) { __typename checkUsernameAvailability(username: $username) { __typename available } }',
    ],
    [
      'with suggestions',
      `query ($username: String!, $first: Int) {
        checkUsernameAvailability(username: $username) { reason suggestions(first: $first) }
      }`,
    ],
    [
      'with suggestions by default',
      'query ($username: String!) { checkUsernameAvailability(username: $username) { suggestions } }',
    ],
    [
      'with aliases',
      'query ($username: String!) { a: checkUsernameAvailability(username: $username) { b: message } c: checkUsernameAvailability(username: $username) { reason } }',
    ],
    ['with a name', 'query Check($username: String!) { checkUsernameAvailability(username: $username) { username } }'],
    ['with a literal', '{ checkUsernameAvailability(username: "ada") { available } }'],
    ['with a default', CHECK.replace('String!', 'String! = "ada"')],
    [
      'with fragments',
      `query ($username: String!) { ...Q } fragment Q on Query {
        checkUsernameAvailability(username: $username) { ...F ... { available } }
      } fragment F on UsernameAvailability { reason }`,
    ],
    ['of another field', '{ policy { usernameHold captcha { siteKey } } }'],
    [
      'with another field',
      'query ($username: String!) { checkUsernameAvailability(username: $username) { reason } policy { usernameHold } }',
    ],
    [
      'that its name selects',
      'query Check($username: String!) { checkUsernameAvailability(username: $username) { reason } } query Other { __typename }',
    ],
  ])('is answered by a plan: a query %s', async (_, query) => {
    expect(
      await hasPlan(
        post({ query, operationName: query.includes('Other') ? 'Check' : undefined, variables: { username: 'ada' } }),
      ),
    ).toBe(true)
  })

  const asking = (selection: string) => `query ($username: String!) { ${selection} }`
  const name = 'checkUsernameAvailability(username: $username)'
  it.each([
    ['introspection', '{ __schema { queryType { name } } }'],
    ['a directive', asking(`${name} { available @include(if: true) }`)],
    ['a directive of a fragment', asking(`${name} { ... @skip(if: false) { available } }`)],
    ['a document of more than 2 kB', `${CHECK}${' '.repeat(2048)}`],
    ['a NUL in a comment', `# \0\n${CHECK}`],
  ])('leaves to Apollo Server %s', async (_, query) => {
    expect(await hasPlan(post({ query, variables: { username: 'ada' } }))).toBe(false)
  })

  it('keeps answering others while one client sends invalid variables', async () => {
    await send(hot.url, post({ query: CHECK.replace('String!', 'String = "ada"'), variables: { username: null } }))
    expect(await hasPlan(post({ query: CHECK, variables: { username: 7 } }))).toBe(false)
    expect(await hasPlan(post({ query: CHECK, variables: { username: taken } }))).toBe(true)
  })

  it('shows in the metrics of all requests', async () => {
    const count = async () =>
      /^postern_http_request_duration_seconds_count\{route="\/graphql",status="200"\} (\d+)/m.exec(
        await (await fetch(`${hot.url}/metrics`)).text(),
      )?.[1]
    const before = Number(await count())
    expect(await hasPlan(post({ query: CHECK, variables: { username: taken } }))).toBe(true)
    expect(Number(await count())).toBe(before + 3)
  })
})

describe('both paths give the same response, byte by byte,', () => {
  const alike = async (request: RawRequest) => {
    const expected = await send(plain.url, request)
    for (let use = 1; use <= 3; use++) expect(await send(hot.url, request)).toEqual(expected)
  }

  /** Plans must have answered `share` of them: what only Apollo Server answers proves nothing. */
  async function forAll<T extends [unknown, ...unknown[]]>(
    runs: number,
    share: number,
    property: fc.IAsyncProperty<T>,
  ) {
    const before = await answered('hot')
    await fc.assert(property, { numRuns: runs })
    expect((await answered('hot')) - before).toBeGreaterThan(3 * runs * share)
  }

  it('to requests as forms send them', async () => {
    const check = (query: string, username: string) => alike(post({ query, variables: { username } }))
    await forAll(60, 0.6, fc.asyncProperty(ordinaryQuery, anyName, check))
  })

  it('to any request', async () => {
    await forAll(
      500,
      0.1,
      fc.asyncProperty(anyBody, anyHeaders, (body, headers) => alike(post(body, headers))),
    )
  })

  it.each([':@z', '//:@z', 'a b', 'x:99999', '[::1', 'postern.example.com:8080', '[::1]:80', ''])(
    'to a request for the host %j',
    async (host) => {
      await alike(post({ query: CHECK, variables: { username: 'ada' } }, { host }))
      const { status } = await send(hot.url, post({ query: CHECK }, { host }))
      expect(status).toBe(400)
    },
  )

  it('to a GET, a query string, or another method', async () => {
    const method = fc.constantFrom('GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'OPTIONS')
    const parts = fc.record({ method, query: anyQuery, username: anyValue, headers: anyHeaders })
    const request = parts.map(({ query, username, ...others }) => {
      const search = new URLSearchParams({ query, variables: JSON.stringify({ username }) })
      return { ...others, path: `/graphql?${search.toString()}`, body: '' }
    })
    await forAll(60, -1, fc.asyncProperty(request, alike))
  })

  const WRONG = { input: { username: 'ada', password: 'a wrong password' } }
  const LOGIN = 'mutation ($input: LoginInput!) {\n  login(input: $input) { token }\n}'
  it.each<[string, number, string, object?, Record<string, string>?]>([
    ['its only root field', 2, LOGIN, WRONG],
    ['its only root field, with an alias', 2, LOGIN.replace('login', 'in: login'), WRONG],
    ['its only root field, for reasons of its input', 2, LOGIN, { input: { password: 'x' } }],
    ['a field of a query', 2, '{ profile { id } }'],
    ['a field that is selected twice', 2, '{ ...F a: profile { id } } fragment F on Query { a: profile { email } }'],
    ['a field that can be null', 2, '{ node(id: "01900000-0000-7000-8000-000000000000") { id } }'],
    ['a logout, which clears the cookies', 2, 'mutation { logout }', {}, COOKIE_MODE],
    ['one of two root fields', 0, '{ profile { id } policy { usernameHold } }'],
  ])('to a refusal of %s', async (_, byPlans, query, variables = {}, headers = {}) => {
    const before = await answered('hot')
    const request = post({ query: `# ${unique()}\n${query}`, variables }, headers)
    await alike(request)
    expect((await send(hot.url, request)).body).toContain('{"errors":[{"message"')
    expect((await answered('hot')) - before).toBe(byPlans === 0 ? 0 : byPlans + 1)
  })

  it('on connections that stay open', async () => {
    const agent = new Agent({ keepAlive: true })
    for (const origin of [LISTED, 'https://other.example.com', LISTED])
      for (const username of [taken, unique(), 'ada', taken]) {
        const request = post({ query: CHECK, variables: { username } }, { origin, 'x-request-id': unique() })
        const expected = await send(plain.url, request, agent)
        expect(expected.headers).toContain('keep-alive')
        for (let use = 1; use <= 3; use++) expect(await send(hot.url, request, agent)).toEqual(expected)
      }
    agent.destroy()
  })
})

import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Service } from '../../support/service.js'

let service: Service

beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

describe('limits', () => {
  it('allow at most five logins in one request', async () => {
    const login = 'login(input: { email: "a@b.co", password: "x" }) { token }'
    const query = `mutation { ${Array.from({ length: 6 }, (_, i) => `a${i}: ${login}`).join(' ')} }`
    expect(await service.graphql(query)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
  })

  it('count fields in fragments, and are not slow for nested ones', async () => {
    const fragments = Array.from({ length: 30 }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`)
    const query = `{ ...F0 } ${fragments.join(' ')} fragment F30 on Query { __typename }`
    expect(await service.graphql(query)).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
  })

  it('stop parsing a document with hundreds of tokens', async () => {
    expect(await service.graphql(`{ ${'__typename '.repeat(400)} }`)).toMatchObject({
      status: 400,
      code: 'GRAPHQL_PARSE_FAILED',
    })
  })

  const TWENTY = Array.from({ length: 20 }, (_, n) => n)
  it.each([
    ['A document can be at most 15 levels deep.', `{ __schema ${'{ types { ofType '.repeat(8)}${'} }'.repeat(8)} }`],
    ['A document can have at most 300 fields, including those of fragments.', `{ profile { ${'id '.repeat(301)} } }`],
    [
      'A document can have at most 300 fields, including those of fragments.',
      `{ profile { ${'...F '.repeat(31)} } } fragment F on User { ${'id '.repeat(10)} }`,
    ],
    [
      'A document can have at most 50 aliases.',
      `{ profile { ${[...'a'.repeat(51)].map((a, n) => `${a}${n}: id`).join(' ')} } }`,
    ],
    ['A document can have at most 10 directives.', `{ profile { id ${'@include(if: true) '.repeat(11)} } }`],
    ['A document can have at most 10 directives.', `{ __typename } fragment F on User { id ${'@a '.repeat(11)} }`],
    ['A query can have at most 50 root fields.', `{ ${'__typename '.repeat(51)} }`],
    [
      'Send subscriptions over WebSocket to /graphql, or over server-sent events to /graphql/stream.',
      'subscription { __typename }',
    ],
    [
      'Send subscriptions over WebSocket to /graphql, or over server-sent events to /graphql/stream.',
      'subscription ($skip: Boolean!) { sessionRevoked @skip(if: $skip) { reason } }',
    ],
  ])('say which one is exceeded: %s', async (message, query) => {
    const answer = await service.graphql(query)
    expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
    expect(answer.errors.map((error) => error.message)).toEqual([message])
  })

  const COSTLY = 'A document can cost at most 10000: each field of a list counts as often as the list can be long.'
  const times = (count: number, field: string) => Array.from({ length: count }, (_, n) => `a${n}: ${field}`).join(' ')
  const USER = `fragment F on User { id email username firstName lastName role createdAt updatedAt lastLoginAt phoneNumber }`
  it.each([
    ['large pages', `{ ${times(20, 'myActivity(first: 100) { edges { node { id at action } } }')} }`],
    [
      'the largest pages, if a variable says it',
      `query ($n: Int) { ${times(10, 'users(last: $n) { edges { node { ...F } } }')} } ${USER}`,
    ],
    [
      'pages in a fragment',
      `{ ...P } fragment P on Query { ${times(20, 'auditLog(first: 100) { edges { node { id at action } } }')} }`,
    ],
    ['nodes', `query ($ids: [ID!]!) { ${times(10, 'nodes(ids: $ids) { ...F }')} } ${USER}`],
    ['lists without objects', `{ ${times(20, 'protectedUsernames')} }`],
  ])('bound what lists cost: %s', async (_what, query) => {
    const { status, errors } = await service.graphql(query)
    expect({ status, messages: errors.map(({ message }) => message) }).toEqual({ status: 400, messages: [COSTLY] })
  })

  it.each([
    ['pages', `{ ${times(10, 'myActivity(first: 10) { edges { node { id at action } } }')} }`],
    ['pages without a size', `{ ${times(10, 'users { edges { node { ...F } } }')} } ${USER}`],
    ['pages whose other size is null', `{ ${times(10, 'users(first: 5, last: null) { edges { node { id } } }')} }`],
    ['nodes', `{ ${times(10, 'nodes(ids: ["x"]) { ...F }')} } ${USER}`],
    ['lists without objects', `{ ${times(20, 'protectedUsernames(first: 100)')} }`],
    [
      'one page with everything',
      `{ users(first: 100) { edges { cursor node { ...F } } pageInfo { endCursor } } } ${USER}`,
    ],
  ])('let small ones pass: %s', async (_what, query) => {
    expect((await service.graphql(query)).status).toBe(200)
  })

  it('can be set: cost and root fields', async () => {
    const env = { GRAPHQL_MAX_COST: '2000', GRAPHQL_MAX_ROOT_FIELDS: '5', GRAPHQL_MAX_MUTATIONS: '1' }
    const small = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ...env })
    const refused = async (query: string) => (await small.graphql(query)).errors[0]?.message
    expect(
      await refused(
        '{ users(first: 100) { edges { node { id email username role ...F } } } } fragment F on User { a: id b: id c: id d: id e: id f: id g: id h: id i: id j: id k: id l: id m: id n: id }',
      ),
    ).toMatch(/^A document can cost at most 2000/)
    expect(await refused(`{ ${'__typename '.repeat(6)} }`)).toBe('A query can have at most 5 root fields.')
    expect(await refused('mutation { a: logout b: logout }')).toBe('A mutation can have at most 1 root fields.')
    await small.stop()
  })

  it.each([
    ['GRAPHQL_MAX_TOKENS', '200', `{ profile { ${'id '.repeat(210)} } }`, /syntax error/],
    [
      'GRAPHQL_MAX_DEPTH',
      '13',
      `{ __schema ${'{ types { ofType '.repeat(7)}${'} }'.repeat(7)} }`,
      /at most 13 levels deep/,
    ],
    ['GRAPHQL_MAX_FIELDS', '250', `{ profile { ${'id '.repeat(260)} } }`, /at most 250 fields/],
    ['GRAPHQL_MAX_ALIASES', '1', '{ a: __typename b: __typename }', /at most 1 aliases/],
    ['GRAPHQL_MAX_DIRECTIVES', '1', '{ __typename @include(if: true) @skip(if: false) }', /at most 1 directives/],
  ])('can be set: %s', async (variable, limit, query, message) => {
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    const small = await startInstance({ ...shared, [variable]: limit })
    const { status, errors } = await small.graphql(query)
    expect([status, errors[0]?.message]).toEqual([400, expect.stringMatching(message)])
    expect((await service.graphql(query)).errors.map(({ message: text }) => text)).not.toContainEqual(
      expect.stringMatching(message),
    )
    await small.stop()
  })

  it('report at most five errors', async () => {
    const { errors } = await service.graphql(`{ profile { ${TWENTY.map((n) => `unknown${n}`).join(' ')} } }`)
    expect(errors.length).toBeLessThanOrEqual(5)
  })

  it('let the introspection query of tools pass', async () => {
    const query = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    })
    expect((await service.succeed(query))['__schema']).toBeTruthy()
  })
})

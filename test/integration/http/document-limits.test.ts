import { getIntrospectionQuery } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startService, type Service } from '../../support/service.js'

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
    ['Subscriptions are not supported.', 'subscription { __typename }'],
  ])('say which one is exceeded: %s', async (message, query) => {
    const answer = await service.graphql(query)
    expect(answer).toMatchObject({ status: 400, code: 'GRAPHQL_VALIDATION_FAILED' })
    expect(answer.errors.map((error) => error.message)).toEqual([message])
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

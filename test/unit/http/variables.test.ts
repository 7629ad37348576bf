import fc from 'fast-check'
import { buildSchema, getVariableValues, parse, type OperationDefinitionNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { ServiceError } from '@postern/service/errors'
import { refuseBadVariables } from '../../../src/http/graphql/variables.js'

const schema = buildSchema(`
  type Query { ask(input: Input!, roles: [Role!], first: Int = 25): Boolean }
  enum Role { USER ADMIN }
  input Input { name: String!  age: Int  flag: Boolean = true  ids: [ID!]  nested: Nested }
  input Nested { role: Role!  score: Float }
`)
const document = parse(`query ($input: Input!, $roles: [Role!], $first: Int = 25) {
  ask(input: $input, roles: $roles, first: $first)
}`)
const operation = document.definitions[0] as OperationDefinitionNode

function refusal(variables: Record<string, unknown>, types = true): ServiceError | null {
  try {
    refuseBadVariables(schema, operation, variables, { types })
    return null
  } catch (error) {
    const { originalError } = error as { originalError?: Error }
    if (originalError instanceof ServiceError) return originalError
    throw error
  }
}

/** What a client might send: close enough to the types to reach their inner fields. */
const nested = fc.record(
  { role: fc.oneof(fc.constantFrom('USER', 'ADMIN'), fc.jsonValue()), score: fc.oneof(fc.double(), fc.jsonValue()) },
  { requiredKeys: [] },
)
const input = fc.record(
  {
    name: fc.oneof(fc.string(), fc.jsonValue()),
    age: fc.oneof(fc.integer(), fc.jsonValue()),
    flag: fc.oneof(fc.boolean(), fc.jsonValue()),
    ids: fc.oneof(fc.array(fc.oneof(fc.string(), fc.integer())), fc.jsonValue()),
    nested: fc.oneof(nested, fc.jsonValue()),
    surplus: fc.jsonValue(),
  },
  { requiredKeys: [] },
)
const variables = fc.record(
  {
    input: fc.oneof({ weight: 5, arbitrary: input }, fc.jsonValue()),
    roles: fc.oneof(fc.array(fc.constantFrom('USER', 'ADMIN', 'ROOT')), fc.jsonValue()),
    first: fc.oneof(fc.integer(), fc.jsonValue()),
  },
  { requiredKeys: [] },
)

describe('refuseBadVariables', () => {
  it.each([
    [{ input: { nam: 'x' } }, ['The input has an unknown field.', 'Name is required.']],
    [{ input: { name: 'x', nested: 5 } }, ['Nested must be an object.']],
    [{ input: { name: 'x', nested: { rol: 1 } } }, ['Nested has an unknown field.', 'Role is required.']],
    [{ input: { name: 'x', age: 'y' } }, ['Age has the wrong type.']],
    [{ input: { name: 'x' }, roles: ['OWNER'] }, ['Value has the wrong type.']],
  ])('names no type and no optional field without introspection: %j', (variables, messages) => {
    expect(refusal(variables, false)?.fields?.map(({ message }) => message)).toEqual(messages)
  })

  it('refuses exactly what graphql-js would refuse', () => {
    fc.assert(
      fc.property(variables, (given) => {
        const theirs = getVariableValues(schema, operation.variableDefinitions ?? [], given).errors !== undefined
        expect(refusal(given) !== null).toBe(theirs)
      }),
      { numRuns: 2000 },
    )
  })

  it('repeats nothing that it refuses', () => {
    const marked = 'sEcReT'
    const secretive = fc.oneof(
      fc.constant({ name: { [marked]: marked } }),
      fc.constant({ name: [marked], nested: { role: marked, [marked]: 1 } }),
      fc.constant({ [marked]: marked, age: marked, flag: marked, ids: [{ marked }], nested: marked }),
      fc.constant(marked),
    )
    fc.assert(
      fc.property(secretive, (given) => {
        const refused = refusal({ input: given, roles: [marked], first: marked })
        expect(refused).not.toBeNull()
        expect(JSON.stringify([refused?.message, refused?.fields])).not.toContain(marked)
      }),
    )
  })

  it('names the first 50 problems of thousands, and looks for no others', () => {
    const roles = Array<unknown>(50).fill('ROOT')
    const unread = new Proxy(roles, {
      get: (list, key) => {
        if (key === '50') throw new Error('the list was read on')
        return key === 'length' ? 10_000 : (Reflect.get(list, key) as unknown)
      },
    })
    expect(refusal({ input: { name: 'x' }, roles: unread })?.fields).toHaveLength(50)
  })

  it('names each invalid field in the names of the schema', () => {
    const refused = refusal({ input: { age: 'x', nested: { score: 1 }, ids: ['a', {}] }, roles: ['USER', 'ROOT'] })
    expect(refused?.fields?.map(({ path }) => path)).toEqual(['name', 'age', 'ids.1', 'nested.role', '1'])
  })
})

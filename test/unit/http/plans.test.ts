import fc from 'fast-check'
import {
  buildSchema,
  execute,
  type ExecutionResult,
  getNamedType,
  getOperationAST,
  type GraphQLInputType,
  isInterfaceType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  specifiedRules,
  validate,
} from 'graphql'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { NO_CONTEXT } from '../../../src/http/known-documents/no-context.js'
import { makePlan } from '../../../src/http/known-documents/plan.js'
import { rootFieldsOf } from '../../../src/http/graphql/root-fields.js'
import { DateTime } from '../../../src/resolvers/date-time.js'
import type { Outcome } from '../../../src/resolvers/context.js'
import { withRecordedOutcomes } from '../../../src/resolvers/recorded-outcomes.js'
import { createRandom } from '../../support/random.js'

const SDL = `
  directive @hot on FIELD_DEFINITION | OBJECT
  scalar DateTime
  enum Color { RED GREEN }
  input Filter {
    id: ID  color: Color = RED  at: DateTime  n: Int! = 3  x: Float  yes: Boolean!  tags: [String!]  inner: Filter
  }
  interface Node { id: ID! }
  type Thing implements Node {
    id: ID!  text: String  must: String!  n: Int  x: Float  yes: Boolean  color: Color  at: DateTime!
    later: Int!  tags: [String!]!  grid: [[Int]]!  none: Other  things(first: Int = 2): [Thing!]!  other: Other
    node: Node  fails: String  wrong: Int  repeat(text: String! = "a", times: Int): String
  }
  type Other implements Node { id: ID!  name(upper: Boolean = true): String  thing: Thing!  constructor: String }
  type Query {
    thing(id: ID!, filter: Filter, colors: [Color!] = [GREEN]): Thing!  maybe(filter: Filter): Thing
    nodes(ids: [ID!]!): [Node]!  now(text: String): String @hot  fails(n: Int): String  failsLater(n: Int!): Int!
  }
  type Mutation { change(id: ID!, filter: Filter): Thing!  add(n: Int! = 1): Int  refuse(text: String): Boolean }
`

/** The calls of root resolvers, in their order. */
let calls: string[] = []

const called = (name: string, args: unknown) => calls.push(`${name} ${JSON.stringify(args)}`)

const thing = (id: string): object => ({
  ...{ __typename: 'Thing', id, text: 'té"xt', must: id, n: 7, x: 1.5, yes: false, color: 'RED', wrong: 'x' },
  ...{ at: new Date(0), tags: ['a', 'b'], grid: [[1, null], null], none: null },
})
const other = (id: string): object => ({ __typename: 'Other', id, constructor: 'own' })

const soon = async <T>(value: T): Promise<T> => {
  await Promise.resolve()
  return value
}

const resolvers = {
  DateTime,
  Query: withRecordedOutcomes({
    thing: (_: unknown, args: { id: string }) => (called('thing', args), soon(thing(args.id))),
    maybe: (_: unknown, args: object) => (called('maybe', args), thing('maybe')),
    nodes: (_: unknown, args: { ids: string[] }) => {
      called('nodes', args)
      return args.ids.map((id, i) => (i % 3 === 0 ? thing(id) : i % 3 === 1 ? soon(other(id)) : null))
    },
    now: (_: unknown, args: object) => (called('now', args), 'now'),
    fails(_: unknown, args: object) {
      called('fails', args)
      throw new Error('at once')
    },
    async failsLater(_: unknown, args: object) {
      called('failsLater', args)
      await Promise.resolve()
      throw new Error('later')
    },
  }),
  Mutation: withRecordedOutcomes({
    change: (_: unknown, args: { id: string }) => (called('change', args), soon(thing(args.id))),
    add: (_: unknown, args: { n: number }) => (called('add', args), args.n + 1),
    async refuse(_: unknown, args: object) {
      called('refuse', args)
      await Promise.resolve()
      throw new Error('refused')
    },
  }),
  Thing: {
    later: () => soon(9),
    things: (_: unknown, { first }: { first: number | null }) =>
      Array.from({ length: Math.min(3, Math.max(0, first ?? 0)) }, (_item, i) => thing(`t${i}`)),
    other: () => soon(other('o')),
    node: () => other('n'),
    async fails() {
      await Promise.resolve()
      throw new Error('a field')
    },
    repeat: (_: unknown, { text, times }: { text: string; times?: number | null }) =>
      `${text} ${times === undefined ? 'undefined' : times}`,
  },
  Other: { name: (_: unknown, { upper }: { upper: boolean | null }) => String(upper), thing: () => soon(thing('of')) },
}

const schema = buildSchema(SDL)
const { DateTime: scalar, ...objects } = resolvers
Object.assign(schema.getType('DateTime') ?? {}, scalar)
for (const [name, fields] of Object.entries(objects)) {
  const type = schema.getType(name)
  if (!isObjectType(type)) throw new Error(name)
  for (const [field, resolve] of Object.entries(fields)) Object.assign(type.getFields()[field] ?? {}, { resolve })
}

interface Request {
  source: string
  operationName?: string | undefined
  variables: Record<string, unknown>
}

/** The order of errors depends on the time, also without plans. */
const text = ({ errors, data }: ExecutionResult) =>
  JSON.stringify({ errors: errors?.map((error) => JSON.stringify(error)).toSorted(), data })

function parsed({ source, operationName }: Request) {
  const document = parse(source)
  const operation = getOperationAST(document, operationName)
  const invalid = validate(schema, document, specifiedRules)
  if (invalid.length > 0) console.log('INVALID', String(invalid[0]), source)
  if (!operation) throw new Error('No operation.')
  return { source, document, operation, operationName, schema, rootFields: rootFieldsOf(document, operation) }
}

/** What graphql-js responds, and which resolvers it calls. */
async function byGraphQL({ variables, ...request }: Request, recorded: readonly Outcome[] | null = null) {
  const { document, operationName } = parsed({ variables, ...request })
  const contextValue = { recorded }
  return execute({ schema, document, operationName, variableValues: variables, contextValue })
}

/** What a plan responds. After an error graphql-js takes over, as Apollo Server does. */
async function byPlan(request: Request): Promise<{ byPlan: boolean; result: ExecutionResult }> {
  const plan = makePlan(parsed(request))
  const outcomes: Outcome[] = []
  try {
    const context = plan.needsContext ? { recorded: null } : NO_CONTEXT
    const data = await plan.execute({ variables: plan.coerce(request.variables), context, outcomes })
    return { byPlan: true, result: { data: data as Record<string, unknown> } }
  } catch {
    return { byPlan: false, result: await byGraphQL(request, outcomes) }
  }
}

async function expectEqual(request: Request): Promise<void> {
  calls = []
  const expected = await byGraphQL(request)
  const expectedCalls = calls
  calls = []
  const { byPlan: isByPlan, result } = await byPlan(request)
  expect(text(result)).toBe(text(expected))
  expect(calls.toSorted()).toEqual(expectedCalls.toSorted())
  if (request.source.startsWith('mutation')) expect(calls).toEqual(expectedCalls)
  expect(isByPlan).toBe(expected.errors === undefined)
}

/** Writes random documents that match the schema. */
function anyRequest(seed: number): Request {
  const { below, pick, oneIn: chance } = createRandom(seed)
  const types = new Map<string, string>()
  const variables: Record<string, unknown> = {}
  const fragments: string[] = []
  let serial = 0
  let isConstant = false

  const json = (type: GraphQLInputType, depth: number): unknown => {
    if (chance(25))
      return pick<unknown>(null, 'x', 7, 1.5, true, [], {}, { unknown: 1 }, { constructor: 1 }, ['RED', 3])
    if (isNonNullType(type)) return json(type.ofType, depth)
    if (chance(8)) return null
    if (isListType(type)) {
      const item = () => json(type.ofType, depth)
      return chance(4) ? item() : Array.from({ length: below(4) }, item)
    }
    if (isInputObjectType(type)) {
      const given = Object.values(type.getFields()).filter((field) =>
        field.name === 'inner' ? depth < 2 && chance(3) : isNonNullType(field.type) ? !chance(6) : chance(2),
      )
      return Object.fromEntries(given.map((field) => [field.name, json(field.type, depth + 1)]))
    }
    if (isEnumType(type)) return pick('RED', 'GREEN')
    if (type.name === 'DateTime') return pick('2026-11-22T10:15:30Z', '2026-11-22T10:15:30.5+01:00')
    return (
      { Int: pick(0, 1, -3, 2 ** 31), Float: pick(0, 1.25, -2), Boolean: pick(true, false) }[type.name] ??
      pick('a', 'ünï"', '')
    )
  }

  const literal = (type: GraphQLInputType, depth: number): string => {
    if (!isConstant && chance(4)) return variable(type)
    if (isNonNullType(type)) return literalOf(type.ofType, depth)
    return chance(8) ? 'null' : literalOf(type, depth)
  }

  const literalOf = (type: GraphQLInputType, depth: number): string => {
    if (isListType(type)) {
      const item = () => literal(type.ofType, depth + 1)
      return chance(4) ? constant(type.ofType) : `[${Array.from({ length: below(3) }, item).join(' ')}]`
    }
    if (isInputObjectType(type)) {
      const given = Object.values(type.getFields()).filter((field) =>
        field.name === 'inner' ? depth < 2 && chance(3) : field.name === 'yes' || chance(2),
      )
      return `{${given.map((field) => `${field.name}: ${literal(field.type, depth + 1)}`).join(' ')}}`
    }
    if (isEnumType(type)) return pick('RED', 'GREEN')
    const name = getNamedType(type).name
    if (name === 'DateTime') return '"2026-11-22T10:15:30Z"'
    return (
      { Int: pick('0', '2', '-3'), Float: pick('1', '2.5'), Boolean: pick('true', 'false'), ID: pick('7', '"i"') }[
        name
      ] ?? pick('"t"', '"""block"""', '""')
    )
  }

  const variable = (type: GraphQLInputType): string => {
    const name = pick('toString', 'hasOwnProperty', `v${serial++}`)
    if (types.has(name)) return variable(type)
    const withDefault = chance(4)
    const nullable = isNonNullType(type) && withDefault && chance(2) ? String(type.ofType) : String(type)
    types.set(name, `${nullable}${withDefault ? ` = ${constant(type)}` : ''}`)
    if (!(withDefault || !isNonNullType(type) || chance(12)) || chance(2)) variables[name] = json(type, 0)
    return `$${name}`
  }

  const constant = (type: GraphQLInputType): string => {
    const outer = isConstant
    isConstant = true
    const value = literal(type, 1)
    isConstant = outer
    return value
  }

  const selection = (typeName: string, depth: number): string => {
    const type = schema.getType(typeName)
    if (!isObjectType(type) && !isInterfaceType(type)) throw new Error(typeName)
    const fields = Object.values(type.getFields())
    const parts = Array.from({ length: 1 + below(4) }, (): string => {
      if (chance(8)) return chance(2) ? '__typename' : `k${serial++}: __typename`
      if (chance(8) && depth < 4) {
        const condition = isInterfaceType(type) ? pick('Thing', 'Other', 'Node') : typeName
        if (chance(2))
          return `... ${chance(3) && !isInterfaceType(type) ? '' : `on ${condition}`} { ${selection(condition, depth + 1)} }`
        const name = `F${serial++}`
        fragments.push(`fragment ${name} on ${condition} { ${selection(condition, depth + 1)} }`)
        return chance(4) ? `...${name} ...${name}` : `...${name}`
      }
      const usual = fields.filter(({ name }) => !/fail|wrong|refuse/.test(name))
      const field = pick(...(chance(20) ? fields : usual))
      const named = getNamedType(field.type)
      if (!isLeafType(named) && depth > 3) return `k${serial++}: __typename`
      const given = field.args.filter(
        (argument) => (isNonNullType(argument.type) && argument.defaultValue === undefined) || chance(2),
      )
      const args = given.map((argument) => `${argument.name}: ${literal(argument.type, 1)}`).join(' ')
      const alias = field.args.length > 0 || chance(4) ? `k${serial++}: ` : ''
      return `${alias}${field.name}${args && `(${args})`}${isLeafType(named) ? '' : ` { ${selection(named.name, depth + 1)} }`}`
    })
    return parts.join(' ')
  }

  const kind = chance(3) ? 'mutation' : 'query'
  const body = selection(kind === 'query' ? 'Query' : 'Mutation', 0)
  const declared = Array.from(types, ([name, type]) => `$${name}: ${type}`).join(' ')
  return { source: `${kind} ${declared && `(${declared})`} { ${body} } ${fragments.join(' ')}`, variables }
}

describe('a plan', () => {
  it('gives what graphql-js gives, and calls each root resolver as often', async () => {
    let succeeded = 0
    await fc.assert(
      fc.asyncProperty(fc.integer().map(anyRequest), async (request) => {
        await expectEqual(request)
        succeeded += (await byPlan(request)).byPlan ? 1 : 0
      }),
      { numRuns: 400 },
    )
    expect(succeeded).toBeGreaterThan(150)
  })

  it('keeps no part of the document, which is many times as large', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const make = (source: string) => {
      const valid = parsed({ source, variables: {} })
      return { plan: makePlan(valid), document: new WeakRef(valid.document) }
    }
    const made = [
      '{ nodes(ids: ["a"]) { id ...T ... on Other { name(upper: false) } } } fragment T on Thing { things { id } }',
      'query ($n: Int!, $f: Filter = {yes: true}) { failsLater(n: $n) maybe(filter: $f) { repeat(text: "b", times: $n) } }',
      'mutation ($yes: Boolean!, $ids: [String!]) { change(id: 7, filter: { yes: $yes, tags: $ids }) { id } add }',
    ].map(make)
    // Weak references keep what they refer to until the end of the turn.
    await new Promise(setImmediate)
    collect()
    expect(made.map(({ document }) => document.deref())).toEqual(made.map(() => undefined))
    expect(made.map(({ plan }) => plan.fields)).toEqual([6, 3, 3])
  })

  it.each(['toString', 'valueOf', 'hasOwnProperty'])('omits a variable named %s that is not given', async (name) => {
    for (const argument of [`times: $${name}`, `text: "b" times: $${name}`])
      await expectEqual({ source: `query ($${name}: Int) { thing(id: 1) { repeat(${argument}) } }`, variables: {} })
    await expectEqual({ source: `query ($${name}: String) { now(text: $${name}) }`, variables: {} })
    await expectEqual({
      source: `query ($${name}: ID) { maybe(filter: { yes: true id: $${name} }) { id } }`,
      variables: {},
    })
  })
})

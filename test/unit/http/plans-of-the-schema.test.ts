import { makeExecutableSchema } from '@graphql-tools/schema'
import fc from 'fast-check'
import {
  execute,
  type ExecutionResult,
  getOperationAST,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  isAbstractType,
  isEnumType,
  isListType,
  isNonNullType,
  isObjectType,
  parse,
  validate,
} from 'graphql'
import { expect, it } from 'vitest'
import { rootFieldsOf } from '../../../src/http/graphql/root-fields.js'
import { NO_CONTEXT } from '../../../src/http/known-documents/no-context.js'
import { makePlan, type Plan, type ValidOperation } from '../../../src/http/known-documents/plan.js'
import type { Outcome } from '../../../src/resolvers/context.js'
import { DateTime } from '../../../src/resolvers/date-time.js'
import { withRecordedOutcomes } from '../../../src/resolvers/recorded-outcomes.js'
import { readSchema } from '../../../src/schema/sdl.js'
import { type AnyDocument, anyDocument } from '../../support/any-document.js'

const typeDefs = readSchema()
const types = makeExecutableSchema({ typeDefs, resolvers: { DateTime } })

/** The calls of root resolvers, in their order. */
let calls: string[] = []
/** Decides with the path of a field what its resolver returns. */
let seed = 0
let hasFaults = false

/** FNV-1a. */
function hash(text: string): number {
  let value = 2166136261
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16777619)
  return value >>> 0
}

const soon = (value: unknown) => new Promise((resolve) => setImmediate(() => resolve(value)))

/** What resolvers return: values and promises of them, null, and everything that is an error. */
function anyValue(type: GraphQLOutputType, path: string): unknown {
  const chance = hash(`${seed} ${path}`)
  // Of a list, graphql-js leaves the rejection of an item without a handler if a later item throws at once.
  const isInList = /\[\d+\]/.test(path)
  if (hasFaults && chance % 23 === 0) {
    const fault = (chance >>> 8) % 6
    if (fault === 0) throw new Error(`thrown ${path}`)
    if (fault === 1 && !isInList) return Promise.reject(new Error(`rejected ${path}`))
    return [null, undefined, new Error(`returned ${path}`), { path }][fault % 4]
  }
  if (!isNonNullType(type) && chance % 7 === 0) return null
  const value = anyPresent(isNonNullType(type) ? (type.ofType as GraphQLOutputType) : type, path)
  const delay = (chance >>> 4) % 8
  if (hasFaults && isInList) return value
  if (delay < 2) return Promise.resolve(value)
  return delay === 2 ? soon(value) : value
}

function anyPresent(type: GraphQLOutputType, path: string): unknown {
  const chance = hash(path)
  if (isListType(type)) return Array.from({ length: chance % 4 }, (_, i) => anyValue(type.ofType, `${path}[${i}]`))
  if (isAbstractType(type) || isObjectType(type)) {
    const possible = isObjectType(type) ? [type] : types.getPossibleTypes(type)
    return { __typename: possible[chance % possible.length]?.name, path }
  }
  if (isEnumType(type)) return type.getValues()[chance % type.getValues().length]?.value
  const scalars: Record<string, unknown> = {
    ...{ Int: chance % 100, Float: chance / 3, Boolean: chance % 2 === 0, DateTime: new Date(chance * 1000) },
    ID: chance % 3 === 0 ? chance : `id${chance}`,
  }
  return isNonNullType(type) ? null : (scalars[type.name] ?? `té"xt${chance}`)
}

type Resolver = GraphQLFieldResolver<{ path?: string } | undefined, unknown>

function resolversOf(typeName: string): Record<string, Resolver> {
  const type = types.getType(typeName)
  if (!isObjectType(type)) throw new Error(`${typeName} is no object type.`)
  const isRoot = typeName === 'Query' || typeName === 'Mutation'
  const resolvers = Object.values(type.getFields()).map((field): [string, Resolver] => {
    const resolve: Resolver = (source, args) => {
      const path = `${source?.path ?? ''}/${field.name}${JSON.stringify(args)}`
      if (isRoot) calls.push(path)
      return anyValue(field.type, path)
    }
    return [field.name, resolve]
  })
  const all = Object.fromEntries(resolvers)
  return isRoot ? withRecordedOutcomes(all) : all
}

const objects = Object.values(types.getTypeMap()).filter((type) => isObjectType(type) && !type.name.startsWith('__'))
const schema = makeExecutableSchema({
  typeDefs,
  resolvers: { DateTime, ...Object.fromEntries(objects.map(({ name }) => [name, resolversOf(name)])) },
})

/** Null if the document breaks a rule that the generator does not know. */
function validOperation({ source, operationName }: AnyDocument): ValidOperation | null {
  const document = parse(source)
  const operation = getOperationAST(document, operationName)
  if (!operation || validate(schema, document).length > 0) return null
  return { source, document, operation, operationName, schema, rootFields: rootFieldsOf(document, operation) }
}

/** Null if a plan does not support it. */
function planOf(valid: ValidOperation, { hasDirectives }: AnyDocument): Plan | null {
  try {
    return makePlan(valid)
  } catch (error) {
    if (hasDirectives) return null
    throw error
  }
}

/** Null after an error. */
async function byPlan(plan: Plan, variables: Record<string, unknown>, outcomes: Outcome[]) {
  const context = plan.needsContext ? { recorded: null } : NO_CONTEXT
  try {
    return (await plan.execute({ variables: plan.coerce(variables), context, outcomes })) as Record<string, unknown>
  } catch {
    return null
  }
}

/** Which of several errors are found before a null replaces all of them depends on the time, also without plans. */
const text = ({ errors = [], data }: ExecutionResult) =>
  JSON.stringify({ errors: hasFaults ? errors.length > 0 : errors, data })

it('a plan of any document of the schema gives what graphql-js gives, and calls each root resolver as often', async () => {
  const counts = { success: 0, failure: 0 }
  const property = fc.asyncProperty(fc.integer(), async (number) => {
    ;[seed, hasFaults, calls] = [number, number % 3 === 0, []]
    const request = anyDocument(schema, number, { directives: 20 })
    const valid = validOperation(request)
    const plan = valid && planOf(valid, request)
    if (!valid || !plan) return
    const { variables: variableValues, operationName } = request
    const execution = { schema, document: valid.document, operationName, variableValues }
    const expected = await execute({ ...execution, contextValue: { recorded: null } })
    const expectedCalls = calls
    calls = []
    const outcomes: Outcome[] = []
    const data = await byPlan(plan, variableValues, outcomes)
    const result = data ? { data } : await execute({ ...execution, contextValue: { recorded: outcomes } })
    expect(text(result)).toBe(text(expected))
    expect(data !== null).toBe(expected.errors === undefined)
    if (valid.source.startsWith('mutation')) expect(calls).toEqual(expectedCalls)
    else expect(calls.toSorted()).toEqual(expectedCalls.toSorted())
    counts[data ? 'success' : 'failure'] += 1
  })
  await fc.assert(property, { numRuns: 600 })
  expect(counts.success).toBeGreaterThan(200)
  expect(counts.failure).toBeGreaterThan(50)
})

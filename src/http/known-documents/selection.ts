// Plans a selection: which resolvers to call, and how to complete what they return.
import {
  type FieldNode,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../graphql/fragments.js'
import type { Outcome } from '../../resolvers/context.js'
import { planArguments } from './arguments.js'
import { collectFields } from './fields.js'
import type { Values } from './variables.js'

/** What one execution of a plan works with. */
export interface Run {
  readonly variables: Values
  readonly context: unknown
  /** What the root resolvers have returned or thrown so far. */
  readonly outcomes: Outcome[]
}

/** Turns what a resolver returned into a part of the response, or a promise of it. Throws what makes it an error. */
export type Complete = (value: unknown, run: Run) => unknown

export interface PlannedField {
  /** In the response: the alias, or else the name. */
  readonly key: string
  /** The property that the field is, unless it has a resolver. */
  readonly name: string
  /** Returns what the resolver returns. */
  readonly resolve: ((source: unknown, run: Run) => unknown) | null
  readonly complete: Complete
}

export interface Planning {
  readonly schema: GraphQLSchema
  readonly fragments: Fragments
  /** Grows with the plan. */
  fields: number
}

/** Resolvers of this service need no `info`. One that reads it fails here, so that Apollo Server answers. */
const NO_INFO = new Proxy(
  {},
  {
    get() {
      throw new Error('The resolver of a known document must not read info.')
    },
  },
) as Parameters<GraphQLFieldResolver<unknown, unknown>>[3]

export const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as Partial<Promise<unknown>>).then === 'function'

export function planFields(
  planning: Planning,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): readonly PlannedField[] {
  if (type.isTypeOf) throw new Error('Types with isTypeOf are not supported.')
  return Array.from(collectFields(planning, type, sets), ([key, own]) => planField(planning, type, key, own))
}

function planField(
  planning: Planning,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly FieldNode[],
): PlannedField {
  planning.fields += 1
  const [node] = nodes
  const name = node?.name.value ?? ''
  if (key === '__proto__') throw new Error('The key would set the prototype of an object.')
  if (name === '__typename') return { key, name, resolve: () => parent.name, complete: (value) => value }
  const field = parent.getFields()[name]
  if (!field || !node) throw new Error('Introspection is not supported.')
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
  const complete = planCompletion(planning, field.type, sets)
  const { resolve } = field
  if (!resolve && field.args.length > 0) throw new Error('Arguments without a resolver are not supported.')
  const args = planArguments(field, node)
  const call = (source: unknown, run: Run): unknown => resolve?.(source, args(run.variables), run.context, NO_INFO)
  return { key, name, resolve: resolve ? call : null, complete }
}

/** As `defaultFieldResolver` of graphql-js, without methods. */
function propertyOf(source: unknown, name: string): unknown {
  if (typeof source !== 'object' || source === null) return undefined
  const value = (source as Record<string, unknown>)[name]
  if (typeof value === 'function') throw new Error('Methods are not supported as resolvers.')
  return value
}

function planCompletion(planning: Planning, type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Complete {
  if (isNonNullType(type)) {
    const inner = type.ofType as GraphQLOutputType
    return isLeafType(inner) ? completeLeaf(inner) : requireValue(planCompletion(planning, inner, sets))
  }
  if (isListType(type)) return completeList(planCompletion(planning, type.ofType, sets))
  if (isLeafType(type)) {
    const complete = completeLeaf(type)
    return (value, run) => (value == null ? null : complete(value, run))
  }
  if (isObjectType(type)) return completeObject(planFields(planning, type, sets))
  if (!isAbstractType(type) || type.resolveType) throw new Error('Types with resolveType are not supported.')
  const possible = planning.schema.getPossibleTypes(type)
  return completeAbstract(new Map(possible.map((one) => [one.name, planFields(planning, one, sets)] as const)))
}

// What follows is kept with a plan. It must not capture parts of the document, which are many times as large.

const completeObject = (fields: readonly PlannedField[]): Complete =>
  ifGiven((value, run) => executeFields(fields, value, run))

const completeAbstract = (byName: ReadonlyMap<string, readonly PlannedField[]>): Complete =>
  ifGiven((value, run) => {
    const fields = byName.get((value as { __typename: string }).__typename)
    if (!fields) throw new Error('The type of a value is unknown.')
    return executeFields(fields, value, run)
  })

const completeLeaf =
  (type: GraphQLLeafType): Complete =>
  (value) => {
    if (value == null || value instanceof Error) throw new Error('A field must not be null.', { cause: value })
    const serialized: unknown = type.serialize(value)
    if (serialized == null) throw new Error('The value of a field has the wrong type.')
    return serialized
  }

const ifGiven =
  (complete: Complete): Complete =>
  (value, run) => {
    if (value == null) return null
    if (value instanceof Error) throw value
    return complete(value, run)
  }

function requireValue(complete: Complete): Complete {
  const check = (completed: unknown) => {
    if (completed === null) throw new Error('A field must not be null.')
    return completed
  }
  return (value, run) => {
    const completed = complete(value, run)
    return isPromise(completed) ? completed.then(check) : check(completed)
  }
}

function completeList(complete: Complete): Complete {
  const completeItem = (item: unknown, run: Run): unknown =>
    isPromise(item) ? item.then((value) => complete(value, run)) : complete(item, run)

  return ifGiven((value, run) => {
    if (!Array.isArray(value)) throw new Error('A list is not an array.')
    const all: unknown[] = []
    let isPending = false
    try {
      for (const item of value as unknown[]) {
        const completed = completeItem(item, run)
        if (isPromise(completed)) isPending = true
        all.push(completed)
      }
    } catch (error) {
      abandon(all)
      throw error
    }
    return isPending ? Promise.all(all) : all
  })
}

interface Pending {
  readonly key: string
  readonly value: Promise<unknown>
  /** Completes what `value` resolves to. Null if it is complete then. */
  readonly complete: Complete | null
}

/** Synchronous as long as all resolvers are. Keeps the order of the fields. */
export function executeFields(fields: readonly PlannedField[], source: unknown, run: Run): unknown {
  const result: Record<string, unknown> = {}
  let pending: Pending[] | null = null
  try {
    for (const { key, name, resolve, complete } of fields) {
      const resolved = resolve === null ? propertyOf(source, name) : resolve(source, run)
      const value = isPromise(resolved) ? resolved : complete(resolved, run)
      // A promise as well, so that the keys are in order.
      result[key] = value
      if (isPromise(value)) (pending ??= []).push({ key, value, complete: value === resolved ? complete : null })
    }
  } catch (error) {
    abandon(Object.values(result))
    throw error
  }
  return pending === null ? result : settle(result, pending, run)
}

/** Replaces the promises in `result` by their values. Mostly there is one, for which another one is enough. */
function settle(result: Record<string, unknown>, pending: readonly Pending[], run: Run): Promise<unknown> {
  const [only, ...others] = pending
  const finish = ({ key, value, complete }: Pending): Promise<unknown> =>
    value.then((resolved) => {
      const completed = complete === null ? resolved : complete(resolved, run)
      if (isPromise(completed)) return finish({ key, value: completed, complete: null })
      result[key] = completed
      return result
    })
  return only && others.length === 0 ? finish(only) : Promise.all(pending.map(finish)).then(() => result)
}

/** Another field has failed, so that nothing waits for these promises. Without a handler, a rejection ends the process. */
function abandon(values: readonly unknown[]): void {
  for (const value of values) if (isPromise(value)) value.catch(() => undefined)
}

// A plan: how to execute an operation that Apollo Server has parsed and validated, without reading its document again.
import {
  type DocumentNode,
  getLocation,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isNonNullType,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SourceLocation,
} from 'graphql'
import { fragmentsOf } from '../graphql/fragments.js'
import type { RootFields } from '../graphql/root-fields.js'
import { collectFields } from './fields.js'
import { executeFields, isPromise, type PlannedField, type Planning, planFields, type Run } from './selection.js'
import { planVariables, type Values } from './variables.js'

/** An operation that Apollo Server has parsed and validated. */
export interface ValidOperation {
  source: string
  /** As in the request. An empty one equals none. */
  operationName: string | null | undefined
  document: DocumentNode
  operation: OperationDefinitionNode
  schema: GraphQLSchema
  rootFields: Pick<RootFields, 'label' | 'calls'>
}

/** The root field of an operation that has only one: what the response says if it fails. */
export interface OnlyField {
  readonly key: string
  readonly locations: readonly SourceLocation[]
  /** Whether the response has its null, instead of no data at all. */
  readonly isNullable: boolean
}

export interface Plan {
  readonly rootFields: Pick<RootFields, 'label' | 'calls'>
  readonly operationType: 'query' | 'mutation'
  /** False if all root fields are marked `@hot`: the caller does not matter. */
  readonly needsContext: boolean
  /** Null if there are several root fields. */
  readonly onlyField: OnlyField | null
  /** How many fields it consists of. */
  readonly fields: number
  /** Returns the variables that the operation uses. Throws if they do not match their types. */
  readonly coerce: (variables: Values) => Values
  /** Returns the data of the response, or a promise of it. Throws the first error. */
  readonly execute: (run: Run) => unknown
  /**
   * Whether the last use was passed on. It takes a turn of the event loop after it has begun, when it can't be refused any
   * more. So the plan is not used while others wait for their turns.
   */
  failedLast: boolean
}

/** Throws if the document uses what plans do not support. */
export function makePlan({ document, operation, schema, rootFields }: ValidOperation): Plan {
  const { operation: operationType } = operation
  const type = schema.getRootType(operationType)
  if (!type || operationType === OperationTypeNode.SUBSCRIPTION) throw new Error('Subscriptions are not supported.')
  if (operation.directives?.length) throw new Error('Directives are not supported.')
  const planning: Planning = { schema, fragments: fragmentsOf(document), fields: 0 }
  const roots = planFields(planning, type, [operation.selectionSet]).map(recordOutcome)
  const isHot = ({ astNode }: GraphQLField<unknown, unknown>) =>
    astNode?.directives?.some(({ name }) => name.value === 'hot') === true
  const called = type.getFields()
  return {
    ...{ rootFields, operationType },
    needsContext: [...rootFields.calls.keys()].some((name) => called[name] !== undefined && !isHot(called[name])),
    onlyField: onlyFieldOf(planning, type, operation),
    fields: planning.fields,
    coerce: planVariables(schema, operation),
    execute:
      operationType === OperationTypeNode.MUTATION
        ? (run) => executeSerially(roots, run)
        : (run) => executeFields(roots, undefined, run),
    failedLast: false,
  }
}

function onlyFieldOf(
  planning: Planning,
  type: GraphQLObjectType,
  { selectionSet }: OperationDefinitionNode,
): OnlyField | null {
  const [only, ...others] = collectFields(planning, type, [selectionSet])
  if (!only || others.length > 0) return null
  const [key, nodes] = only
  const field = type.getFields()[nodes[0]?.name.value ?? '']
  const locations = nodes.flatMap(({ loc }) => (loc ? [getLocation(loc.source, loc.start)] : []))
  // Without locations, the response of Apollo Server has none either, or they are not known.
  if (!field || locations.length !== nodes.length) return null
  return { key, locations, isNullable: !isNonNullType(field.type) }
}

function recordOutcome({ resolve, ...field }: PlannedField): PlannedField {
  const { key } = field
  return {
    ...field,
    resolve(source, run) {
      try {
        const value = resolve?.(source, run)
        run.outcomes.push({ key, value, threw: false })
        return value
      } catch (error) {
        run.outcomes.push({ key, value: error, threw: true })
        throw error
      }
    },
  }
}

/** A mutation sees what the ones before it have changed, so each is completed before the next one starts. */
async function executeSerially(fields: readonly PlannedField[], run: Run): Promise<unknown> {
  const data: Record<string, unknown> = {}
  for (const { key, resolve, complete } of fields) {
    const value = resolve?.(undefined, run)
    data[key] = await complete(isPromise(value) ? await value : value, run)
  }
  return data
}

// Limits the size of a GraphQL document, before any other rule reads it.
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import type { ListSize } from '../../schema/list-sizes.js'
import { fragmentsOf } from './fragments.js'

/** What one document may contain. */
export interface DocumentLimits {
  depth: number
  /** Fields, including those in fragments, as often as these are spread. */
  fields: number
  /** Each field costs one, and in a list as often as the list can be long. */
  cost: number
  aliases: number
  directives: number
  /** Root fields, including those in fragments and under aliases: each is as much work as an operation of its own. */
  rootFields: { query: number; mutation: number }
  /** Whether these are the limits of subscriptions: there, nothing else is accepted. */
  subscribes: boolean
}

const NOT_HERE = {
  subscription: 'Send subscriptions over WebSocket to /graphql, or over server-sent events to /graphql/stream.',
  operation: 'Only subscriptions are accepted here. Send queries and mutations to /graphql with POST.',
  rootFields: 'A subscription must have exactly one root field, without a fragment or directive around it.',
}

/** What is wrong with the kind of an operation, and with its root fields. */
function problemOfKind(
  { operation, selectionSet: { selections } }: OperationDefinitionNode,
  rootFields: number,
  limits: DocumentLimits,
): string | null {
  if (operation === OperationTypeNode.SUBSCRIPTION) {
    if (!limits.subscribes) return NOT_HERE.subscription
    const [only, ...others] = selections
    // With @skip there may be none, for which graphql-js has no answer.
    const isOne = others.length === 0 && only?.kind === Kind.FIELD && only.directives?.length === 0
    return isOne ? null : NOT_HERE.rootFields
  }
  if (limits.subscribes) return NOT_HERE.operation
  const most = limits.rootFields[operation]
  return rootFields > most ? `A ${operation} can have at most ${most} root fields.` : null
}

/** What a selection set amounts to with its fragments. */
interface Size {
  rootFields: number
  fields: number
  cost: number
  depth: number
  aliases: number
  directives: number
}

const NOTHING: Size = { rootFields: 0, fields: 0, cost: 0, depth: 0, aliases: 0, directives: 0 }

/** `inner`: what its selection costs. */
function costOf(field: FieldNode, inner: number, lists: ReadonlyMap<string, ListSize>): number {
  const list = lists.get(field.name.value)
  return list ? 1 + lengthOf(field, list) * Math.max(1, inner) : 1 + inner
}

/** How long the list can be. The values of variables are not known here. */
function lengthOf({ arguments: given = [] }: FieldNode, { assumed, most, by }: ListSize): number {
  const lengths = given.flatMap(({ name, value }) => {
    if (!by.includes(name.value) || value.kind === Kind.NULL) return []
    if (value.kind === Kind.INT) return [Math.min(Math.max(Number(value.value), 0), most)]
    return value.kind === Kind.LIST ? [Math.min(value.values.length, most)] : [most]
  })
  return lengths.length > 0 ? Math.max(...lengths) : assumed
}

type GetFragment = (name: string) => FragmentDefinitionNode | null | undefined

/** Measures selection sets, each fragment once. */
function createMeasure(getFragment: GetFragment, lists: ReadonlyMap<string, ListSize>) {
  const fragments = new Map<string, Size>()

  function sizeOfFragment(name: string): Size {
    const known = fragments.get(name)
    if (known) return known
    // Set first, so that a fragment that contains itself ends here. Another rule refuses it.
    fragments.set(name, NOTHING)
    const fragment = getFragment(name)
    const size = fragment ? sizeOf(fragment.selectionSet) : NOTHING
    fragments.set(name, size)
    return size
  }

  function sizeOf(set: SelectionSetNode): Size {
    const sum = { ...NOTHING }
    for (const selection of set.selections) {
      const isField = selection.kind === Kind.FIELD
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD
      const inner = isSpread
        ? sizeOfFragment(selection.name.value)
        : selection.selectionSet
          ? sizeOf(selection.selectionSet)
          : NOTHING
      sum.rootFields += isField ? 1 : inner.rootFields
      sum.fields += inner.fields + (isField ? 1 : 0)
      sum.cost += isField ? costOf(selection, inner.cost, lists) : inner.cost
      sum.depth = Math.max(sum.depth, inner.depth + (isField ? 1 : 0))
      sum.aliases += inner.aliases + (isField && selection.alias ? 1 : 0)
      sum.directives += inner.directives + (selection.directives?.length ?? 0)
    }
    return sum
  }

  return { sizeOf, sizeOfFragment, sizesOfFragments: () => [...fragments.values()] }
}

/** What an operation of a valid document costs. */
export function costOfOperation(
  { document, operation }: { document: DocumentNode; operation: OperationDefinitionNode },
  lists: ReadonlyMap<string, ListSize>,
): number {
  const fragments = fragmentsOf(document)
  return createMeasure((name) => fragments.get(name), lists).sizeOf(operation.selectionSet).cost
}

/**
 * A validation rule that needs linear time. If a document exceeds a limit, this rule replaces it with an empty one, so that
 * the other rules, some of which need quadratic time, have nothing to check.
 */
export const limitRule =
  (limits: DocumentLimits, lists: ReadonlyMap<string, ListSize>) =>
  (context: ValidationContext): ASTVisitor => {
    const { sizeOf, sizeOfFragment, sizesOfFragments } = createMeasure((name) => context.getFragment(name), lists)

    /** The first limit that the document exceeds, as a message. */
    function problemOf({ definitions }: DocumentNode): string | null {
      let total = { ...NOTHING }
      for (const definition of definitions) {
        if (definition.kind === Kind.FRAGMENT_DEFINITION) sizeOfFragment(definition.name.value)
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue
        const { directives = [], selectionSet } = definition
        const size = sizeOf(selectionSet)
        const problem = problemOfKind(definition, size.rootFields, limits)
        if (problem !== null) return problem
        total = {
          rootFields: 0,
          fields: total.fields + size.fields,
          cost: total.cost + size.cost,
          depth: Math.max(total.depth, size.depth),
          aliases: total.aliases + size.aliases,
          directives: total.directives + size.directives + directives.length,
        }
      }
      const unused = sizesOfFragments()
      const most = (name: 'fields' | 'cost' | 'depth' | 'aliases' | 'directives') =>
        Math.max(total[name], ...unused.map((size) => size[name]))
      if (most('depth') > limits.depth) return `A document can be at most ${limits.depth} levels deep.`
      if (most('fields') > limits.fields)
        return `A document can have at most ${limits.fields} fields, including those of fragments.`
      if (most('cost') > limits.cost)
        return `A document can cost at most ${limits.cost}: each field of a list counts as often as the list can be long.`
      if (most('aliases') > limits.aliases) return `A document can have at most ${limits.aliases} aliases.`
      if (most('directives') > limits.directives) return `A document can have at most ${limits.directives} directives.`
      return null
    }

    return {
      Document(document) {
        const problem = problemOf(document)
        if (problem === null) return undefined
        context.reportError(new GraphQLError(problem, { extensions: { exceedsLimit: true } }))
        return { ...document, definitions: [] }
      },
    }
  }

// Collects the fields of a selection set as graphql-js does when it executes one, but once per document.
import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from '../graphql/fragments.js'

/**
 * The fields that an object of `type` gets, by response key: more than one node if the document selects a field several
 * times. Throws if there is a directive: only the variables of a request decide what it selects.
 */
export function collectFields(
  { schema, fragments }: { schema: GraphQLSchema; fragments: Fragments },
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>()
  const visited = new Set<string>()

  function applies(condition: NamedTypeNode | undefined): boolean {
    const named = condition && schema.getType(condition.name.value)
    return !condition || named === type || (isAbstractType(named) && schema.isSubType(named, type))
  }

  function collect(set: SelectionSetNode): void {
    for (const selection of set.selections) {
      if ((selection.directives ?? []).length > 0) throw new Error('Directives are not supported.')
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value
        const nodes = fields.get(key)
        if (nodes) nodes.push(selection)
        else fields.set(key, [selection])
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(selection.typeCondition)) collect(selection.selectionSet)
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment && applies(fragment.typeCondition)) collect(fragment.selectionSet)
      }
    }
  }

  sets.forEach(collect)
  return fields
}

// Limits the size of a GraphQL document.
import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** The parser stops after this many tokens of a document. A long form uses about 150. */
export const MAX_TOKENS = 2000

/** Root fields, including those in fragments and under aliases: each is as much work as an operation of its own. */
const MAX_ROOT_FIELDS = { query: 50, mutation: 5, subscription: 0 }

/** The schema is at most 6 levels deep; the introspection query is deeper. */
const MAX_DEPTH = 15

interface Size {
  fields: number
  depth: number
}

/** A validation rule. Without it, one request could hash a hundred passwords under a hundred aliases. */
export function limitRule(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Size>()

  function sizeOfFragment(name: string): Size {
    const known = fragments.get(name)
    if (known) return known
    // Set first, so that a fragment that contains itself ends here. Another rule refuses it.
    fragments.set(name, { fields: 0, depth: 0 })
    const fragment = context.getFragment(name)
    const size = fragment ? sizeOf(fragment.selectionSet) : { fields: 0, depth: 0 }
    fragments.set(name, size)
    return size
  }

  function sizeOf(set: SelectionSetNode): Size {
    const sizes = set.selections.map((selection): Size => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return sizeOfFragment(selection.name.value)
      if (selection.kind === Kind.INLINE_FRAGMENT) return sizeOf(selection.selectionSet)
      return { fields: 1, depth: 1 + (selection.selectionSet ? sizeOf(selection.selectionSet).depth : 0) }
    })
    return {
      fields: sizes.reduce((sum, size) => sum + size.fields, 0),
      depth: Math.max(0, ...sizes.map((size) => size.depth)),
    }
  }

  return {
    OperationDefinition(node) {
      const { fields, depth } = sizeOf(node.selectionSet)
      const limit = MAX_ROOT_FIELDS[node.operation]
      const refuse = (message: string) => {
        context.reportError(new GraphQLError(message, { nodes: node }))
      }
      if (node.operation === OperationTypeNode.SUBSCRIPTION) refuse('Subscriptions are not supported.')
      if (fields > limit) refuse(`A ${node.operation} can have at most ${limit} root fields.`)
      if (depth > MAX_DEPTH) refuse(`A document can be at most ${MAX_DEPTH} levels deep.`)
    },
  }
}

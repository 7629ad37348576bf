import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type ASTVisitor,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** The most lexical tokens in a document; the parser stops there. A long form uses about 150. */
export const MAX_TOKENS = 2000

/** Fields at the root, counted through fragments and aliases: each is an operation's worth of work. */
const MAX_ROOT_FIELDS = { query: 50, mutation: 5, subscription: 0 }

/** Without introspection nothing in the schema is deeper than 6; introspection's own query is. */
const MAX_DEPTH = 15

interface Size {
  fields: number
  depth: number
}

/** A validation rule: without it one request could hash a hundred passwords under a hundred aliases. */
export function limitRule(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Size>()

  function sizeOfFragment(name: string): Size {
    const known = fragments.get(name)
    if (known) return known
    // Set first: a fragment that contains itself (another rule refuses it) ends here.
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
      const most = MAX_ROOT_FIELDS[node.operation]
      const refuse = (message: string) => {
        context.reportError(new GraphQLError(message, { nodes: node }))
      }
      if (node.operation === OperationTypeNode.SUBSCRIPTION) refuse('There are no subscriptions.')
      if (fields > most) refuse(`A ${node.operation} may have at most ${most} fields at its root.`)
      if (depth > MAX_DEPTH) refuse(`A document may be at most ${MAX_DEPTH} levels deep.`)
    },
  }
}

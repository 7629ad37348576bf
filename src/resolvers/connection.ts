// Gives a page of a list the shape of a Relay connection.
import { cursorOf } from '../schema/cursors.js'

export function connectionOf<Node extends { readonly id: string }>(page: {
  nodes: readonly Node[]
  hasNextPage: boolean
  hasPreviousPage: boolean
}) {
  const { nodes, ...more } = page
  const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }))
  return {
    edges,
    pageInfo: { ...more, startCursor: edges[0]?.cursor ?? null, endCursor: edges.at(-1)?.cursor ?? null },
  }
}

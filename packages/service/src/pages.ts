// Reads one page of a list, and whether there is more before and after it.

export interface PageRange {
  /** The page is between these ids, without the entries themselves. */
  after: string | null
  before: string | null
  size: number
  /** True to take the page from the end. */
  backward: boolean
}

export interface Page<Node> {
  nodes: Node[]
  hasPreviousPage: boolean
  hasNextPage: boolean
}

/**
 * As in the Relay specification, it is always known whether there are more ahead, in the direction of paging, and only with
 * a cursor whether there are any behind. `list` returns them in the direction of paging; `exists` whether there is one
 * `upTo` an id, which is before it or at it in the list, or `from` it on.
 */
export async function readPage<Node>(
  { after, before, size, backward }: PageRange,
  list: (limit: number) => Promise<Node[]>,
  exists: (behind: { upTo: string } | { from: string }) => Promise<boolean>,
): Promise<Page<Node>> {
  const behind = backward ? before !== null && { from: before } : after !== null && { upTo: after }
  // One more than requested shows whether there is another page.
  const [found, isBehind] = await Promise.all([list(size + 1), behind && exists(behind)])
  const page = found.slice(0, size)
  const isAhead = found.length > size
  return backward
    ? { nodes: page.reverse(), hasPreviousPage: isAhead, hasNextPage: isBehind }
    : { nodes: page, hasPreviousPage: isBehind, hasNextPage: isAhead }
}

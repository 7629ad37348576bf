// Loads a list page by page.
import { useCallback, useState } from 'react'
import { useAction } from '../../state/use-action.js'
import { useLoaded } from '../../state/use-loaded.js'

/** A connection of the service, as far as a list needs it. */
export interface Connection<T> {
  readonly edges: readonly { readonly node: T }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

/** The fields that a query for a connection must select. */
export const PAGE_INFO = 'pageInfo{hasNextPage endCursor}'

interface Rest<T> {
  /** The first page, which these follow. When it is loaded again, they are out of date. */
  readonly first: Connection<T>
  readonly pages: readonly Connection<T>[]
}

export type List<T> = ReturnType<typeof usePages<T>>

/** `load` gets the cursor to continue after, and null for the first page. Starts again when it or `version` changes. */
export function usePages<T>(load: (after: string | null) => Promise<Connection<T>>, version = 0) {
  const { data: first, error } = useLoaded(
    useCallback(() => load(null), [load]),
    version,
  )
  const [rest, setRest] = useState<Rest<T> | null>(null)
  const following = rest?.first === first ? (rest?.pages ?? []) : []
  const pages = first ? [first, ...following] : null
  const last = pages?.at(-1)?.pageInfo

  const more = useAction(async () => {
    if (!first || !last?.hasNextPage) return
    const next = await load(last.endCursor)
    setRest({ first, pages: [...following, next] })
  })

  return {
    nodes: pages?.flatMap(({ edges }) => edges.map(({ node }) => node)) ?? null,
    hasMore: last?.hasNextPage ?? false,
    more,
    error,
  }
}

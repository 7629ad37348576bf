// A list that shows more on request.
import { type ReactNode, useEffect, useRef } from 'react'
import { FormError } from '../../forms/FormError.js'
import { Button } from '../../ui/Button.js'
import { NotLoaded } from '../NotLoaded.js'
import type { List } from './use-pages.js'

interface PagedListProps<T> {
  list: List<T>
  /** What screen readers call the list. */
  label: string
  /** Instead of a list without rows. */
  empty: string
  /** A `Row` with a key. */
  children: (node: T) => ReactNode
}

export function PagedList<T>({ list, label, empty, children }: PagedListProps<T>) {
  const { nodes, hasMore, more, error } = list
  const place = useRef<HTMLUListElement>(null)
  const count = nodes?.length ?? 0
  /** How many rows there were when more were asked for. The focus moves to the first of the new ones. */
  const before = useRef<number | null>(null)
  useEffect(() => {
    if (before.current === null || count <= before.current) return
    place.current?.querySelectorAll<HTMLElement>(':scope > li')[before.current]?.focus()
    before.current = null
  }, [count])

  if (!nodes) return <NotLoaded error={error} />
  if (count === 0) return <p className="hint">{empty}</p>
  return (
    <>
      <ul className="rows rows-boxed" aria-label={label} ref={place}>
        {nodes.map(children)}
      </ul>
      <FormError error={more.error} />
      {hasMore && (
        <div className="actions">
          <Button
            busy={more.busy}
            onClick={() => {
              before.current = count
              more.run()
            }}
          >
            Show more
          </Button>
        </div>
      )}
    </>
  )
}

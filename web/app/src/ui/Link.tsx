// Links between the pages.
import type { MouseEvent, ReactNode } from 'react'
import { addressOf, navigate, type Route, usePlace } from '../routes.js'

/** Shows another page without loading the document again. With a modifier key it behaves like any link. */
export function Link({ to, children }: { to: Route; children: ReactNode }) {
  const { returnTo } = usePlace()
  const address = addressOf(to, returnTo)
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(address)
  }
  return (
    <a href={address} onClick={follow}>
      {children}
    </a>
  )
}

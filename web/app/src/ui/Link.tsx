import type { MouseEvent, ReactNode } from 'react'
import { navigate, type Route } from '../routes.js'

/** Goes to another page without loading it anew; with a modifier key it is a link like any other. */
export function Link({ to, children }: { to: Route; children: ReactNode }) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(to)
  }
  return (
    <a href={to} onClick={follow}>
      {children}
    </a>
  )
}

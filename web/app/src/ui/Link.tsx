// Links between the pages.
import type { MouseEvent, ReactNode } from 'react'
import { addressOf, type ConsolePath, navigate, type Route, usePlace } from '../routes.js'

interface LinkProps {
  to: Route | ConsolePath
  /** `page`: it leads to the page that it is on. `true`: to one that is above it. */
  current?: 'page' | 'true' | undefined
  children: ReactNode
}

/** Shows another page without loading the document again. With a modifier key it behaves like any link. */
export function Link({ to, current, children }: LinkProps) {
  const { returnTo } = usePlace()
  const address = addressOf(to, returnTo)
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(address)
  }
  return (
    <a href={address} aria-current={current} onClick={follow}>
      {children}
    </a>
  )
}

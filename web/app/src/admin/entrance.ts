// The other pages' view of the console: how to load it, and who does not see it.
import { lazy } from 'react'
import type { Place } from '../routes.js'
import type { SessionState } from '../state/session.js'

/** A separate chunk that only administrators load. */
export const Console = lazy(() => import('./Console.js').then((module) => ({ default: module.Console })))

/** Other users get the "not found" page. The service enforces what they may do. */
export const hiddenFromUsers = (place: Place, state: SessionState): Place =>
  place.route === '/admin' && state.status === 'in' && state.user.role !== 'ADMIN' ? { ...place, route: null } : place

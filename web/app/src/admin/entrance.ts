// What the other pages know of the console: how it is loaded, and who does not see it.
import { lazy } from 'react'
import type { Place } from '../routes.js'
import type { SessionState } from '../state/session.js'

/** In a part of its own, which only administrators load. */
export const Console = lazy(() => import('./Console.js').then((module) => ({ default: module.Console })))

/** For other users than administrators, its addresses are unknown. What they may do is up to the service. */
export const hiddenFromUsers = (place: Place, state: SessionState): Place =>
  place.route === '/admin' && state.status === 'in' && state.user.role !== 'ADMIN' ? { ...place, route: null } : place

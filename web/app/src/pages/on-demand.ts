// Loads the pages that are not needed to sign in, in two parts.
import { createStore } from '../state/store.js'

/** `load` reports a failure in the store, and `prefetch` does not: what it could not load is loaded when it is needed. */
function part<Pages>(request: () => Promise<Pages>) {
  /** Null until they are loaded; an error if that failed. */
  const { get, set, subscribe } = createStore<Pages | Error | null>(null)
  let loading: Promise<void> | null = null
  return {
    get,
    subscribe,
    /** Later calls wait for the first one. Never rejects. */
    load: (): Promise<void> =>
      (loading ??= request().then(set, (cause: unknown) =>
        set(new Error('A part of the pages could not be loaded', { cause })),
      )),
    prefetch: (): void => void request().then(set, () => undefined),
  }
}

export const signedInPages = part(() => import('./signed-in.js'))
export const otherPages = part(() => import('./others.js'))

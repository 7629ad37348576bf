// A username field for React.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Client } from './client.js'
import { IDLE, usernameChecker, type UsernameCheckerOptions, type UsernameState } from './username-checker.js'

/** Options of {@link useUsername}. */
export interface UseUsernameOptions extends UsernameCheckerOptions {
  /** The initial text of the field, by default empty. */
  readonly initial?: string | undefined
}

/** What {@link useUsername} returns. */
export interface UsernameField {
  /** The text of the field. */
  readonly username: string
  readonly setUsername: (username: string) => void
  /** What is known about that text. */
  readonly state: UsernameState
  /** Checks again at once. */
  readonly retry: () => void
}

/**
 * The text of a username field, and what is known about it.
 *
 * @example
 * ```ts
 * import { createElement } from 'react'
 * import { createClient } from '@postern/client'
 * import { useUsername } from '@postern/client/react'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 *
 * function UsernameField() {
 *   const { username, setUsername, state } = useUsername(client)
 *   return createElement(
 *     'label',
 *     null,
 *     'Username',
 *     createElement('input', { value: username, onChange: (event) => setUsername(event.currentTarget.value) }),
 *     createElement('output', null, state.status === 'unavailable' || state.status === 'available' ? state.message : ''),
 *   )
 * }
 * ```
 */
export function useUsername(client: Pick<Client, 'checkUsername'>, options: UseUsernameOptions = {}): UsernameField {
  const { initial = '', debounce, suggestions, remember, own } = options
  const [username, show] = useState(initial)
  const latest = useRef(initial)
  // The options one by one: an object literal is a new object in every render.
  const checker = useMemo(
    () => usernameChecker(client, { debounce, suggestions, remember, own }),
    [client, debounce, suggestions, remember, own],
  )
  const state = useSyncExternalStore(
    checker.subscribe,
    () => checker.state,
    () => IDLE,
  )
  const setUsername = useCallback(
    (text: string) => {
      latest.current = text
      show(text)
      // Now, and not in an effect: text and state of one render belong together.
      checker.input(text)
    },
    [checker],
  )
  useEffect(() => {
    checker.input(latest.current)
    return () => checker.close()
  }, [checker])

  return { username, setUsername, state, retry: checker.retry }
}

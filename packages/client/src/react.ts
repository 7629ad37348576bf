/**
 * A username field for React.
 *
 * @packageDocumentation
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Client } from './client.js'
import { IDLE, usernameChecker, type UsernameCheckerOptions, type UsernameState } from './username-checker.js'

/** What {@link useUsername} takes beside the client. */
export interface UseUsernameOptions extends UsernameCheckerOptions {
  /** What is in the field at the beginning; nothing unless told. */
  readonly initial?: string | undefined
}

/** What {@link useUsername} gives. */
export interface UsernameField {
  /** What is in the field. */
  readonly username: string
  readonly setUsername: (username: string) => void
  /** What is known about it. */
  readonly state: UsernameState
  /** Asks again at once. */
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
  // The options one by one: an object literal is another one in every rendering.
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
      // Now, and not in an effect: text and state of one rendering belong together.
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

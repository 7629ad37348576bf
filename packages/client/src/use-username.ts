// A username field for React.
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { Client } from './client.js'
import { IDLE, usernameChecker, type UsernameCheckerOptions, type UsernameState } from './username-checker.js'

/** Options of {@link useUsername}. */
export interface UseUsernameOptions extends UsernameCheckerOptions {
  /** The initial text of the field, by default empty. */
  readonly initial?: string | undefined
}

/** The parts of React's events that are used here. */
interface TypingEvent {
  readonly type: string
  readonly currentTarget: { readonly value: string }
  readonly nativeEvent: object
}

/** The props of the input of a username field. */
export interface UsernameInputProps {
  readonly name: string
  readonly autoComplete: string
  readonly autoCapitalize: string
  readonly spellCheck: boolean
  readonly value: string
  readonly onChange: (event: TypingEvent) => void
  readonly onCompositionEnd: (event: TypingEvent) => void
}

/** What {@link useUsername} returns. */
export interface UsernameField {
  /** The text of the field. */
  readonly username: string
  /** `isComposing`: an input method is still composing the text, so it is not checked yet. */
  readonly setUsername: (username: string, options?: { readonly isComposing?: boolean }) => void
  /** Props for the input: its text, its name, and handlers that wait until an input method has composed the text. */
  readonly inputProps: UsernameInputProps
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
 *   const { inputProps, state } = useUsername(client)
 *   return createElement(
 *     'label',
 *     null,
 *     'Username',
 *     createElement('input', inputProps),
 *     createElement('output', null, state.status === 'unavailable' || state.status === 'available' ? state.message : ''),
 *   )
 * }
 * ```
 */
export function useUsername(client: Pick<Client, 'checkUsername'>, options: UseUsernameOptions = {}): UsernameField {
  const { initial = '', debounce, suggestions, remember, own } = options
  const [username, show] = useState(initial)
  const latest = useRef({ text: initial, isComposing: false })
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
    (text: string, { isComposing = false }: { readonly isComposing?: boolean } = {}) => {
      latest.current = { text, isComposing }
      show(text)
      // Now, and not in an effect: text and state of one render belong together.
      checker.input(text, { isComposing })
    },
    [checker],
  )
  useEffect(() => {
    checker.input(latest.current.text, latest.current)
    return () => checker.close()
  }, [checker])

  const typed = useCallback(
    ({ type, currentTarget, nativeEvent }: TypingEvent) => {
      const isComposing = type === 'change' && 'isComposing' in nativeEvent && nativeEvent.isComposing === true
      setUsername(currentTarget.value, { isComposing })
    },
    [setUsername],
  )
  const inputProps = {
    ...{ name: 'username', autoComplete: 'username', autoCapitalize: 'none', spellCheck: false },
    ...{ value: username, onChange: typed, onCompositionEnd: typed },
  }

  return { username, setUsername, inputProps, state, retry: checker.retry }
}

// Checks a username while it is being typed.
import type { Client } from './client.js'
import type { PosternError } from './errors.js'
import type { UsernameAvailability, UsernameUnavailableReason } from './generated/schema.js'
import { createListeners } from './listeners.js'
import { createRemembered } from './remembered.js'
import { usernameProblem } from './username-rules.js'

/** What is known about the username in the field. */
export type UsernameState =
  | { readonly status: 'idle' }
  | { readonly status: 'checking'; readonly username: string }
  | { readonly status: 'available'; readonly username: string; readonly message: string }
  | {
      readonly status: 'unavailable'
      readonly username: string
      readonly reason: UsernameUnavailableReason
      readonly message: string
      readonly suggestions: readonly string[]
    }
  | { readonly status: 'error'; readonly username: string; readonly error: PosternError }

/** Options of {@link usernameChecker}. */
export interface UsernameCheckerOptions {
  /** Milliseconds without a keystroke before a request is sent, by default 200. */
  readonly debounce?: number | undefined
  /** How many available names to offer instead of one that isn't, 0 to 10, by default 3. */
  readonly suggestions?: number | undefined
  /** Milliseconds for which an answer is reused, by default 10,000. `available` is reused for 2,000 at most. */
  readonly remember?: number | undefined
  /** The user's current username: in any letter case, there is nothing to check, and the state is idle. */
  readonly own?: string | null | undefined
}

/** What {@link usernameChecker} returns. */
export type UsernameChecker = ReturnType<typeof usernameChecker>

/** One object, so that a server and the first render of a page show the same state. */
export const IDLE: UsernameState = Object.freeze({ status: 'idle' })

/** Another user may take an available name at any moment. */
const AVAILABLE_AT_MOST_MS = 2000
const REMEMBERED_ANSWERS = 100
/** UTF-16 units. A longer text is not meant as a username, so suggestions make no sense. */
const SUGGESTIBLE_LENGTH = 64

/**
 * Checks a username while it is being typed: pass it every keystroke, and show its state.
 *
 * @example
 * ```ts
 * import { createClient, usernameChecker } from '@postern/client'
 *
 * const checker = usernameChecker(createClient({ url: '/graphql' }))
 * checker.subscribe((state) => {
 *   if (state.status === 'available') console.log(state.message)
 *   if (state.status === 'unavailable') console.log(state.message, ...state.suggestions)
 * })
 * checker.input('ad')
 * checker.input('ada')
 * ```
 */
export function usernameChecker(
  client: Pick<Client, 'checkUsername'>,
  { debounce = 200, suggestions = 3, remember = 10_000, own }: UsernameCheckerOptions = {},
) {
  const listeners = createListeners<[UsernameState]>()
  const remembered = createRemembered<UsernameState>(REMEMBERED_ANSWERS)
  let state = IDLE
  let text = ''
  /** The check that is scheduled or running. */
  let pending: AbortController | undefined

  function show(next: UsernameState): void {
    if (state === next) return
    state = next
    listeners.notify(next)
  }

  function drop(): void {
    pending?.abort()
    pending = undefined
  }

  async function check(username: string, { signal }: AbortController): Promise<void> {
    let next: UsernameState
    try {
      next = stateOf(username, await client.checkUsername(username, { suggestions, signal }))
      remembered.set(username, next, next.status === 'available' ? Math.min(remember, AVAILABLE_AT_MOST_MS) : remember)
    } catch (error) {
      // Suggestions for an invalid username are an extra: without them, the state stays.
      next = state.status === 'checking' ? { status: 'error', username, error: error as PosternError } : state
    }
    if (signal.aborted) return
    pending = undefined
    show(next)
  }

  /** Shows what is known without a request, and requests the rest `after` so many milliseconds. */
  function look(after: number): void {
    drop()
    const username = text
    const problem = usernameProblem(username)
    const isOwn = !problem && username.toLowerCase() === own?.toLowerCase()
    if (username === '' || isOwn) return show(IDLE)
    const known = remembered.get(username)
    if (known) return show(known)
    show(problem ? { status: 'unavailable', username, ...problem, suggestions: [] } : { status: 'checking', username })
    const isSuggestible = problem?.reason !== 'TOO_SHORT' && username.length <= SUGGESTIBLE_LENGTH
    if (problem && !(isSuggestible && suggestions > 0)) return
    const mine = (pending = new AbortController())
    const timer = setTimeout(() => void check(username, mine), after)
    mine.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  return {
    /** What is known about the latest text. Each state is an object of its own that never changes. */
    get state(): UsernameState {
      return state
    },

    /**
     * Takes the text of the field, at every keystroke. `isComposing`, as in the event: an input method is still composing
     * the text, so the checker waits. Pass the text again at `compositionend`.
     */
    input: (next: string, { isComposing = false }: { readonly isComposing?: boolean } = {}): void => {
      if (isComposing) {
        text = next
        drop()
        return show(IDLE)
      }
      if (next === text && state !== IDLE && (pending || usernameProblem(text) || remembered.get(text) === state))
        return
      text = next
      look(debounce)
    },

    /** Checks again at once: after an error, or when the username turned out to be taken after all. */
    retry: (): void => {
      remembered.delete(text)
      look(0)
    },

    /** Calls the listener with each new state. Returns a function that unsubscribes. */
    subscribe: (listener: (state: UsernameState) => void): (() => void) => listeners.add(listener),

    /** Stops the running check, and removes the text and the listeners. The next input starts over. */
    close: (): void => {
      drop()
      listeners.clear()
      text = ''
      state = IDLE
    },
  }
}

function stateOf(username: string, answer: UsernameAvailability): UsernameState {
  const { available, reason, message, suggestions } = answer
  return available
    ? { status: 'available', username, message }
    : { status: 'unavailable', username, reason: reason ?? 'TAKEN', message, suggestions }
}

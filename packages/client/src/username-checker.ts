import type { Client } from './client.js'
import type { PosternError } from './errors.js'
import type { UsernameAvailability, UsernameUnavailableReason } from './generated/schema.js'
import { createListeners } from './listeners.js'
import { createRemembered } from './remembered.js'
import { usernameProblem } from './username-rules.js'

/** What is known about the name in the field. */
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

/** What {@link usernameChecker} takes beside the client. */
export interface UsernameCheckerOptions {
  /** Milliseconds without a key stroke before the service is asked; 200 unless told. */
  readonly debounce?: number | undefined
  /** How many free names to offer in place of one that is not, 0 to 10; 3 unless told. */
  readonly suggestions?: number | undefined
  /** Milliseconds for which an answer is believed; 10,000 unless told. "Available" is believed for 2,000 at most. */
  readonly remember?: number | undefined
  /** The name that the user has: in any letter case it is nothing to check, and the state is idle. */
  readonly own?: string | null | undefined
}

/** What {@link usernameChecker} gives. */
export type UsernameChecker = ReturnType<typeof usernameChecker>

/** Nothing asked. One object, so that it is the same on a server and in the first rendering of a page. */
export const IDLE: UsernameState = Object.freeze({ status: 'idle' })

/** Somebody else may take a free name at any moment. */
const AVAILABLE_AT_MOST = 2000
const REMEMBERED = 100
/** UTF-16 units. Beyond, a text is no wish for a name. */
const WISH_AT_MOST = 64

/**
 * Checks a username while it is being typed: feed it every key stroke, and show its state.
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
  const remembered = createRemembered<UsernameState>(REMEMBERED)
  let state = IDLE
  let text = ''
  /** The check that is due or under way. */
  let pending: AbortController | undefined

  function show(next: UsernameState): void {
    if (state === next) return
    state = next
    listeners.tell(next)
  }

  function drop(): void {
    pending?.abort()
    pending = undefined
  }

  async function check(username: string, { signal }: AbortController): Promise<void> {
    let next: UsernameState
    try {
      next = stateOf(username, await client.checkUsername(username, { suggestions, signal }))
      remembered.set(username, next, next.status === 'available' ? Math.min(remember, AVAILABLE_AT_MOST) : remember)
    } catch (error) {
      // Suggestions for what is no name are an extra: without them, what is shown stands.
      next = state.status === 'checking' ? { status: 'error', username, error: error as PosternError } : state
    }
    if (signal.aborted) return
    pending = undefined
    show(next)
  }

  /** Shows what is known by itself, and asks for the rest `after` so many milliseconds. */
  function look(after: number): void {
    drop()
    const username = text
    const problem = usernameProblem(username)
    const isOwn = !problem && username.toLowerCase() === own?.toLowerCase()
    if (username === '' || isOwn) return show(IDLE)
    const known = remembered.get(username)
    if (known) return show(known)
    show(problem ? { status: 'unavailable', username, ...problem, suggestions: [] } : { status: 'checking', username })
    const isWish = problem?.reason !== 'TOO_SHORT' && username.length <= WISH_AT_MOST
    if (problem && !(isWish && suggestions > 0)) return
    const mine = (pending = new AbortController())
    const timer = setTimeout(() => void check(username, mine), after)
    mine.signal.addEventListener('abort', () => clearTimeout(timer))
  }

  return {
    /** What is known about the text that was put in last. Each state is an object of its own and never changes. */
    get state(): UsernameState {
      return state
    },

    /** Takes the text of the field, at every key stroke. */
    input: (next: string): void => {
      if (next === text && (pending || usernameProblem(text) || remembered.get(text) === state)) return
      text = next
      look(debounce)
    },

    /** Asks again at once: after an error, or when a name turned out to be taken after all. */
    retry: (): void => {
      remembered.delete(text)
      look(0)
    },

    /** Tells of every new state. Gives back how to stop that. */
    subscribe: (listener: (state: UsernameState) => void): (() => void) => listeners.add(listener),

    /** Stops what is under way and forgets the text and the listeners. Another input begins anew. */
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

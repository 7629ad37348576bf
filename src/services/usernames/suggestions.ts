// Suggests available usernames similar to a requested one that is unavailable.
import { canonicalUsername, USERNAME_MAX_LENGTH, usernameProblem } from '@postern/contract/usernames'
import type { Availability, UsernameAvailabilityService } from './availability.js'
import type { UsernamePolicy } from './policy.js'

/** UTF-16 units of the requested username that are looked at. */
const MAX_LOOKED_AT = 64

/** Looked up in one statement. If most are taken, some of those with the longest numbers are not. */
const CANDIDATES = 32

/** Words that make a variation, before numbers do. None claims to be the real one. */
const PREFIXES = ['the-', 'its-', 'hey-']
const SUFFIX = '-here'

/** The base if the requested username has no usable character, or looks trusted. */
const NEUTRAL_BASE = 'someone'

/** How many digits each numbered variation has. */
const DIGITS = [1, 2, 3, 2, 4, 3, 5, 6]

export type UsernameSuggestions = ReturnType<typeof createUsernameSuggestions>

/** `random` returns a number from 0 to below 1. */
export function createUsernameSuggestions({
  availability,
  policy,
  random,
}: {
  availability: UsernameAvailabilityService
  policy: UsernamePolicy
  random: () => number
}) {
  /** One list per answer, however often a query selects it. */
  const made = new WeakMap<Availability, Promise<string[]>>()

  function* variations(base: string, { words }: { words: boolean }): Generator<string> {
    const digits = (count: number): string => String(Math.floor((0.1 + 0.9 * random()) * 10 ** count))
    const put = (before: string, after: string) =>
      before + base.slice(0, USERNAME_MAX_LENGTH - before.length - after.length) + after

    yield base
    yield put('', digits(2))
    if (words) yield* [put('', SUFFIX), ...PREFIXES.map((prefix) => put(prefix, ''))]
    for (let i = 0; ; i++) yield put('', (i % 2 ? '_' : '') + digits(DIGITS[i % DIGITS.length] ?? 6))
  }

  /** Well-formed usernames that the policy allows, by their canonical form. */
  function candidates(requested: string): Map<string, string> {
    const found = new Map<string, string>()
    const own = policy.looksTrusted(canonicalUsername(requested)) ? '' : baseOf(requested)
    // Words suit a base that reads like a word, and need space.
    const words = own.length >= 3 && own.length <= USERNAME_MAX_LENGTH - SUFFIX.length
    for (const username of variations(own || NEUTRAL_BASE, { words })) {
      const canonical = canonicalUsername(username)
      const isAllowed =
        canonical !== canonicalUsername(requested) && !usernameProblem(username) && !policy.refusalOf(canonical)
      if (isAllowed && !found.has(canonical)) found.set(canonical, username)
      if (found.size === CANDIDATES) break
    }
    return found
  }

  async function make(requested: string): Promise<string[]> {
    const usernames = [...candidates(requested).values()]
    const problems = await Promise.all(usernames.map((username) => availability.findClaimProblem(username)))
    return usernames.filter((_, i) => problems[i] === null)
  }

  return {
    /**
     * At most `first` usernames that a fresh read found available; none if the requested one is available. Throws
     * SERVICE_UNAVAILABLE if MySQL is unavailable.
     */
    async similarTo(answer: Availability, first: number): Promise<string[]> {
      if (answer.available) return []
      let usernames = made.get(answer)
      if (!usernames) made.set(answer, (usernames = make(answer.username)))
      return (await usernames).slice(0, first)
    },
  }
}

/** The part of the requested username that a username can contain. Of an email address, the part before the @. */
function baseOf(requested: string): string {
  const kept = requested
    .slice(0, MAX_LOOKED_AT)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(?<=[a-z0-9])@.*/is, '')
    .replace(/[^a-zA-Z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
  return /[a-z0-9]/i.test(kept) ? kept.slice(0, USERNAME_MAX_LENGTH) : ''
}

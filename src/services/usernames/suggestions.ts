import { canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import type { Availability, UsernameAvailabilityService } from './availability.js'
import type { UsernamePolicy } from './policy.js'

/** UTF-16 units of a wish that are looked at, and of a suggestion at most. */
const LOOKED_AT = 64
const LONGEST = 30

/** Names that are looked up, all in one statement: where most are taken, some of the longest numbers are not. */
const CANDIDATES = 32

/** What names are made to differ by, before numbers are. Nothing that claims to be the true one. */
const BEFORE = ['the-', 'its-', 'hey-']
const AFTER = '-here'

/** Where a wish has nothing that a name can have, or looks like a name that people trust. */
const ANYBODY = 'someone'

/** How many digits the numbers have. */
const DIGITS = [1, 2, 3, 2, 4, 3, 5, 6]

export type UsernameSuggestions = ReturnType<typeof createUsernameSuggestions>

/** Names near one that is not to be had. `random` from 0 to below 1. */
export function createUsernameSuggestions({
  availability,
  policy,
  random,
}: {
  availability: UsernameAvailabilityService
  policy: UsernamePolicy
  random: () => number
}) {
  /** Made once for an answer, however often its request asks for them. */
  const made = new WeakMap<Availability, Promise<string[]>>()

  function* variations(base: string, { words }: { words: boolean }): Generator<string> {
    const digits = (count: number): string => String(Math.floor((0.1 + 0.9 * random()) * 10 ** count))
    const put = (before: string, after: string) =>
      before + base.slice(0, LONGEST - before.length - after.length) + after

    yield base
    yield put('', digits(2))
    if (words) yield* [put('', AFTER), ...BEFORE.map((before) => put(before, ''))]
    for (let i = 0; ; i++) yield put('', (i % 2 ? '_' : '') + digits(DIGITS[i % DIGITS.length] ?? 6))
  }

  /** Names by their keys, of the right form, that nobody reserves and that look like none that is. */
  function candidates(wish: string): Map<string, string> {
    const found = new Map<string, string>()
    const own = policy.looksTrusted(canonicalUsername(wish)) ? '' : baseOf(wish)
    // Words are for a name that reads like one, and has room for them.
    const words = own.length >= 3 && own.length <= LONGEST - AFTER.length
    for (const name of variations(own || ANYBODY, { words })) {
      const canonical = canonicalUsername(name)
      const isGood = canonical !== canonicalUsername(wish) && !usernameProblem(name) && !policy.refusalOf(canonical)
      if (isGood && !found.has(canonical)) found.set(canonical, name)
      if (found.size === CANDIDATES) break
    }
    return found
  }

  async function make(wish: string): Promise<string[]> {
    const found = candidates(wish)
    const refusalOf = async (canonical: string) =>
      (await availability.findUnavailability(canonical)) ?? policy.refusalByNow(canonical)
    const refusals = await Promise.all([...found.keys()].map(refusalOf))
    return [...found.values()].filter((_, i) => refusals[i] === null)
  }

  return {
    /** At most `first` that are free by one fresh read; none near a free one. Throws SERVICE_UNAVAILABLE when MySQL is away. */
    async near(answer: Availability, first: number): Promise<string[]> {
      if (answer.available) return []
      let names = made.get(answer)
      if (!names) made.set(answer, (names = make(answer.username)))
      return (await names).slice(0, first)
    },
  }
}

/** What of a wish a username can have; nothing where it has none of that. Of an e-mail address, what is before the @. */
function baseOf(wish: string): string {
  const kept = wish
    .slice(0, LOOKED_AT)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(?<=[a-z0-9])@.*/is, '')
    .replace(/[^a-zA-Z0-9_-]+/g, '_')
    .replace(/^[_-]+|[_-]+$/g, '')
  return /[a-z0-9]/i.test(kept) ? kept.slice(0, LONGEST) : ''
}

import type { CachedReason, UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { Unavailability, UsernameRepository } from '../../repositories/usernames/usernames.js'
import {
  USERNAME_PROBLEM_MESSAGES,
  canonicalUsername,
  type UsernameProblem,
  usernameProblem,
} from '@postern/contract/usernames'
import { inBatches } from '../../platform/batches.js'
import type { Clock } from '../../platform/clock.js'
import type { ProcessCache } from './process-cache.js'
import type { Refusal, UsernamePolicy } from './policy.js'

export type UnavailableReason = UsernameProblem | Refusal | Unavailability

export interface Availability {
  available: boolean
  username: string
  reason: UnavailableReason | null
  message: string
}

const MESSAGES: Record<UnavailableReason, string> = {
  ...USERNAME_PROBLEM_MESSAGES,
  RESERVED: 'This username is reserved.',
  CONFUSABLE: 'This username looks like one that is reserved.',
  HELD: 'This username was released recently and is kept for its former owner.',
  TAKEN: 'This username is taken.',
}

/** Who knew the answer: the rules, the memory of this process, the cache, or the database. */
export type Tier = 'rules' | 'memory' | 'redis' | 'mysql'

/** Told of each answer. A null for the reason: it is available. */
export type OnChecked = (tier: Tier, reason: UnavailableReason | null, canonical: string) => void

/** Code points of a name echoed. */
const ECHO = 64

/** One MGET a turn: Redis answers in the order it was asked, so nothing is won by holding one back. */
const CACHE_BATCHES = { size: 512, inFlight: Infinity }

/** All but one of the connections that the pool of app.ts has: that one is for the protected names. */
export const STORE_BATCHES = { size: 512, inFlight: 2 }

export type UsernameAvailabilityService = ReturnType<typeof createUsernameAvailability>

/**
 * Says whether a name is free. The cache and the memory of this process hold only names that are not; "free" is always
 * a fresh read of the primary (docs/adr/0003). All that ask in one turn of the event loop share one statement, and none
 * joins a statement that has been sent: a check that starts after a claim was answered therefore sees the claim.
 */
export function createUsernameAvailability({
  usernames,
  cache,
  processCache,
  policy,
  clock,
  onChecked,
}: {
  usernames: UsernameRepository
  cache: UsernameCache
  /** Null where a name may be free again a moment after it was found taken. */
  processCache: ProcessCache | null
  policy: UsernamePolicy
  clock: Clock
  onChecked: OnChecked
}) {
  const findCached = inBatches((names) => cache.findUnavailable(names), CACHE_BATCHES)
  const findStored = inBatches(async (names) => {
    const now = clock()
    const unavailable = await usernames.findUnavailable(names, now)
    if (unavailable.size > 0) void cache.markUnavailable(unavailable, now)
    return unavailable
  }, STORE_BATCHES)

  /** The stores in the order of their speed, each of which may say why not; only the last one may say that it is free. */
  async function reasonOf(username: string, name: string): Promise<UnavailableReason | null> {
    const ruledOut = usernameProblem(username) ?? policy.refusalOf(name)
    if (ruledOut) return answered('rules', ruledOut, name)
    const inMemory = processCache?.reasonOf(name)
    if (inMemory) return answered('memory', inMemory, name)
    const cached = await findCached(name)
    if (cached) return answered('redis', cached, name)
    const stored = await findStored(name)
    // It may have come to look like a protected one while the stores were asked.
    return answered('mysql', stored?.reason ?? (await policy.refusalByNow(name)), name)
  }

  /** Remembers what may be, and counts. */
  function answered<Reason extends UnavailableReason | null>(tier: Tier, reason: Reason, name: string): Reason {
    if (tier !== 'memory' && isCached(reason)) processCache?.add(name, reason)
    onChecked(tier, reason, name)
    return reason
  }

  return {
    /** Throws SERVICE_UNAVAILABLE when MySQL is away; any string is answered. */
    async check(username: string): Promise<Availability> {
      const reason = await reasonOf(username, canonicalUsername(username))
      return {
        available: reason === null,
        username: echo(username),
        reason,
        message: reason === null ? 'This username is available.' : MESSAGES[reason],
      }
    },

    /**
     * Why a well-formed name cannot be claimed by anybody, by a fresh read that asks no cache; null when it is free. An
     * early refusal before the work of a claim: the claim's key decides.
     */
    async findUnavailability(canonical: string): Promise<Unavailability | null> {
      return (await findStored(canonical))?.reason ?? null
    },
  }
}

const isCached = (reason: UnavailableReason | null): reason is CachedReason => reason === 'TAKEN' || reason === 'HELD'

function echo(username: string): string {
  if (username.length <= ECHO) return username
  // Cut in units first: spreading a string of megabytes for 64 characters would be a gift to an attacker.
  return [...username.slice(0, 2 * ECHO)].slice(0, ECHO).join('')
}

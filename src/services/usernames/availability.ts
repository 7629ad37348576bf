// Answers whether a username is available, from the fastest tier that knows.
import { canonicalUsername, usernameProblem } from '@postern/contract/usernames'
import type { Clock } from '@postern/service/clock'
import { batchesOf, inBatches } from '@postern/service/batches'
import type { CachedReason, UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { Unavailability, UsernameRepository } from '../../repositories/usernames/usernames.js'
import type { UsernamePolicy } from './policy.js'
import type { ProcessCache } from './process-cache.js'
import { type ClaimProblem, claimProblem, UNAVAILABLE_MESSAGES, type UnavailableReason } from './reasons.js'
import type { Tier } from './tiers.js'

export interface Availability {
  available: boolean
  username: string
  reason: UnavailableReason | null
  message: string
}

/** Called for each answer. The reason is null if the username is available. */
export type OnChecked = (tier: Tier, reason: UnavailableReason | null, canonical: string) => void

/** Code points of the username that an answer repeats. */
const ECHO_LENGTH = 64

/** One MGET per turn of the event loop. Redis answers in order, so holding a batch back gains nothing. */
const CACHE_BATCHES = { size: 512, inFlight: Infinity }

/** The pool for look-ups has one connection more, for protected usernames (src/app/stores.ts). */
export const STORE_BATCHES = { size: 512, inFlight: 2 }

export type UsernameAvailabilityService = ReturnType<typeof createUsernameAvailability>

/**
 * Redis and the process cache hold only unavailable usernames; "available" is always a fresh read of the primary
 * (docs/adr/0003). Checks in one turn of the event loop share a statement, and none joins a statement that was sent: a
 * check that starts after the response to a claim sees the claim.
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
  /** Null without a hold: a taken username can then become available at any moment. */
  processCache: ProcessCache | null
  policy: UsernamePolicy
  clock: Clock
  onChecked: OnChecked
}) {
  const findCached = batchesOf((canonicals) => cache.findUnavailable(canonicals), CACHE_BATCHES)
  const findStored = inBatches(async (canonicals) => {
    const now = clock()
    const unavailable = await usernames.findUnavailable(canonicals, now)
    if (unavailable.size > 0) void cache.markUnavailable(unavailable, now)
    return unavailable
  }, STORE_BATCHES)

  /** Null if a store must decide. */
  function reasonInProcess(username: string, canonical: string): UnavailableReason | null {
    const ruledOut = usernameProblem(username) ?? policy.refusalOf(canonical)
    if (ruledOut) return answered('rules', ruledOut, canonical)
    const inProcess = processCache?.reasonOf(canonical)
    return inProcess ? answered('memory', inProcess, canonical) : null
  }

  async function readStored(canonical: string): Promise<UnavailableReason | null> {
    const stored = await findStored(canonical)
    // The policy comes last: the username may have become confusable during the reads.
    return answered('mysql', stored?.reason ?? (await policy.freshRefusalOf(canonical)), canonical)
  }

  function answered<Reason extends UnavailableReason | null>(tier: Tier, reason: Reason, canonical: string): Reason {
    if (tier !== 'memory' && isCached(reason)) processCache?.add(canonical, reason)
    onChecked(tier, reason, canonical)
    return reason
  }

  return {
    /**
     * Accepts any string. Rejects with SERVICE_UNAVAILABLE if MySQL is unavailable. Returns no promise if this process
     * knows the answer, and few otherwise: at this rate, an async function for each step costs more than the step.
     */
    check(username: string): Availability | Promise<Availability> {
      const canonical = canonicalUsername(username)
      const known = reasonInProcess(username, canonical)
      if (known) return answerTo(username, known)
      return findCached(canonical).then((found) => {
        const cached = found.get(canonical)
        if (cached) return answerTo(username, answered('redis', cached, canonical))
        return readStored(canonical).then((reason) => answerTo(username, reason))
      })
    },

    /**
     * Why a new user can't claim a well-formed username, by a fresh read; null if they can. The claim itself decides.
     * Throws SERVICE_UNAVAILABLE if MySQL is unavailable.
     */
    async findClaimProblem(username: string): Promise<ClaimProblem | null> {
      const canonical = canonicalUsername(username)
      const [stored, refusal] = await Promise.all([findStored(canonical), policy.freshRefusalOf(canonical)])
      const reason = refusal ?? stored?.reason
      return reason ? claimProblem(reason) : null
    },

    /** What the database alone says: {@link findClaimProblem} without the policy. */
    async findUnavailability(canonical: string): Promise<Unavailability | null> {
      return (await findStored(canonical))?.reason ?? null
    },
  }
}

const isCached = (reason: UnavailableReason | null): reason is CachedReason => reason === 'TAKEN' || reason === 'HELD'

const answerTo = (username: string, reason: UnavailableReason | null): Availability => ({
  available: reason === null,
  username: echo(username),
  reason,
  message: reason === null ? 'This username is available.' : UNAVAILABLE_MESSAGES[reason],
})

function echo(username: string): string {
  if (username.length <= ECHO_LENGTH) return username
  // Cut UTF-16 units first: spreading megabytes to keep 64 characters would help an attacker.
  return [...username.slice(0, 2 * ECHO_LENGTH)].slice(0, ECHO_LENGTH).join('')
}

import { AuthError } from '../../platform/errors.js'
import type { Tx } from '../../repositories/database/transactions.js'
import type { UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { UsernameHistory } from '../../repositories/usernames/username-history.js'
import type { UnavailableName, UsernameRepository } from '../../repositories/usernames/usernames.js'
import { canonicalUsername } from '@postern/contract/usernames'
import { addSeconds, type Clock } from '../../platform/clock.js'
import type { ProcessCache } from './process-cache.js'
import type { UsernamePolicy } from './policy.js'

/** To be called once the transaction is committed: tells the cache. */
export type AfterCommit = () => Promise<void>

export type UsernameClaims = ReturnType<typeof createUsernameClaims>

interface Limits {
  /** Seconds for which a name given up stays its former owner's. */
  hold: number
  /** How many times within how many seconds a user may take another name. */
  renames: { count: number; seconds: number }
}

/** Gives, changes, frees and retires names. The primary key of `usernames` decides who gets one. */
export function createUsernameClaims({
  repositories: { usernames, history },
  caches: { cache, processCache },
  policy,
  limits: { hold, renames },
  clock,
}: {
  repositories: { usernames: UsernameRepository; history: UsernameHistory }
  /** Updated when a username becomes unavailable or free. */
  caches: { cache: UsernameCache; processCache: ProcessCache | null }
  policy: UsernamePolicy
  limits: Limits
  clock: Clock
}) {
  async function claim(tx: Tx, userId: string, username: string): Promise<AfterCommit> {
    const claimed = { userId, canonical: canonicalUsername(username), display: username, now: clock() }
    await usernames.claim(tx, claimed)
    await history.open(tx, claimed)
    return () => announce(claimed.canonical, { reason: 'TAKEN', until: null })
  }

  async function release(tx: Tx, userId: string, canonical: string): Promise<AfterCommit> {
    const now = clock()
    const until = hold > 0 ? addSeconds(now, hold) : null
    await usernames.release(tx, canonical, until)
    await history.close(tx, userId, now)
    return () => (until ? announce(canonical, { reason: 'HELD', until }) : cache.forget(canonical))
  }

  async function announce(canonical: string, state: UnavailableName & { reason: 'TAKEN' | 'HELD' }): Promise<void> {
    processCache?.update(canonical, state.reason)
    await cache.markUnavailable(new Map([[canonical, state]]), clock())
  }

  /**
   * Every name but a user's first counts, so that none can be had by giving up the one before. Throws RATE_LIMITED. The
   * transaction has locked the user's row: two renames at once are counted one after the other.
   */
  async function refuseTooMany(tx: Tx, userId: string): Promise<void> {
    const claims = await history.lastClaims(tx, userId, renames.count + 1)
    const oldestThatCounts = claims.length > renames.count ? claims.at(-2) : undefined
    const freeAgain = oldestThatCounts && addSeconds(oldestThatCounts, renames.seconds)
    const milliseconds = freeAgain ? freeAgain.getTime() - clock().getTime() : 0
    if (milliseconds <= 0) return
    throw new AuthError('RATE_LIMITED', {
      message: 'You have changed your username too often. Try again later.',
      retryAfter: Math.ceil(milliseconds / 1000),
    })
  }

  return {
    /** To be called before the transaction, so that it hardly ever waits for it. Throws SERVICE_UNAVAILABLE when MySQL is away. */
    bringPolicyUpToDate: (): Promise<void> => policy.bringUpToDate(),

    /** Spares a doomed registration its work. Throws USERNAME_RESERVED, and SERVICE_UNAVAILABLE when MySQL is away. */
    refuseReserved: (username: string): Promise<void> => policy.refuse(canonicalUsername(username)),

    /** A first name. Throws USERNAME_RESERVED and USERNAME_TAKEN. */
    async claim(tx: Tx, userId: string, username: string): Promise<AfterCommit> {
      await policy.refuse(canonicalUsername(username))
      return claim(tx, userId, username)
    },

    /**
     * Another name, or none, for a user whose row the transaction has locked. The old one is free again, or held for
     * its owner where a hold is configured. Throws USERNAME_RESERVED, USERNAME_TAKEN and RATE_LIMITED.
     */
    async change(tx: Tx, userId: string, username: string | null): Promise<AfterCommit> {
      const old = await usernames.findOwned(tx, userId)
      if (username === null) return old ? release(tx, userId, old.canonical) : nothing

      const canonical = canonicalUsername(username)
      if (old?.canonical === canonical) {
        const respelt = { canonical, display: username, userId }
        await usernames.respell(tx, respelt)
        await history.respell(tx, respelt)
        return nothing
      }
      // What was theirs they may take back, whatever has been reserved meanwhile.
      if (!(await usernames.isHeldFor(tx, userId, canonical, clock()))) await policy.refuse(canonical)
      await refuseTooMany(tx, userId)
      const released = old && (await release(tx, userId, old.canonical))
      const claimed = await claim(tx, userId, username)
      return async () => {
        await Promise.all([claimed(), released?.()])
      }
    },

    /** The names that a user has and had, the newest first. */
    historyOf: (userId: string) => history.list(userId, clock()),

    /** Keeps the name of a user who leaves from everybody for good. */
    async retire(tx: Tx, userId: string): Promise<void> {
      const owned = await usernames.findOwned(tx, userId)
      if (owned) await usernames.retire(tx, owned.canonical)
    },
  }
}

const nothing: AfterCommit = () => Promise.resolve()

// Claims, changes, releases and retires usernames. The primary key of `usernames` decides who gets one.
import { canonicalUsername } from '@postern/contract/usernames'
import { ServiceError } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { Tx } from '../../repositories/database/transactions.js'
import type { CachedReason, UsernameCache } from '../../repositories/usernames/username-cache.js'
import type { UsernameHistory } from '../../repositories/usernames/username-history.js'
import type { UsernameRepository } from '../../repositories/usernames/usernames.js'
import type { AnyNewEvent, EventTrail } from '../events/index.js'
import type { UsernamePolicy } from './policy.js'
import type { ProcessCache } from './process-cache.js'

/** Updates the caches. Call it when the transaction is committed. */
export type AfterCommit = () => Promise<void>

export type UsernameClaims = ReturnType<typeof createUsernameClaims>

interface Limits {
  /** Seconds during which only the last owner can claim a released username. */
  hold: number
  /** Changes of username allowed within `seconds`. */
  renames: { count: number; seconds: number }
}

export function createUsernameClaims({
  repositories: { usernames, history },
  caches: { cache, processCache },
  policy,
  limits: { hold, renames },
  events,
  clock,
}: {
  repositories: { usernames: UsernameRepository; history: UsernameHistory }
  caches: { cache: UsernameCache; processCache: ProcessCache | null }
  policy: UsernamePolicy
  limits: Limits
  events: EventTrail
  clock: Clock
}) {
  async function claim(tx: Statements, userId: string, username: string): Promise<AfterCommit> {
    const claimed = { userId, canonical: canonicalUsername(username), username, now: clock() }
    await usernames.claim(tx, claimed)
    await history.open(tx, [claimed])
    return () => markUnavailable(claimed.canonical, 'TAKEN', null)
  }

  async function release(tx: Tx, userId: string, { canonical }: Owned): Promise<AfterCommit> {
    const now = clock()
    const until = hold > 0 ? addSeconds(now, hold) : null
    await usernames.release(tx, canonical, until)
    await history.close(tx, userId, now)
    return () => (until ? markUnavailable(canonical, 'HELD', until) : cache.forget(canonical))
  }

  async function markUnavailable(canonical: string, reason: CachedReason, until: Date | null): Promise<void> {
    processCache?.update(canonical, reason)
    await cache.markUnavailable(new Map([[canonical, { reason, until }]]), clock())
  }

  /**
   * Every claim but a user's first counts; otherwise releasing a username would bypass the limit. The transaction holds
   * the lock of the user's row, so concurrent changes are counted one after the other. Throws RATE_LIMITED.
   */
  async function refuseTooMany(tx: Tx, userId: string): Promise<void> {
    const claims = await history.lastClaims(tx, userId, renames.count + 1)
    const oldestThatCounts = claims.length > renames.count ? claims.at(-2) : undefined
    const allowedAt = oldestThatCounts && addSeconds(oldestThatCounts, renames.seconds)
    const milliseconds = allowedAt ? allowedAt.getTime() - clock().getTime() : 0
    if (milliseconds <= 0) return
    throw new ServiceError('RATE_LIMITED', {
      message: 'You have changed your username too often. Try again later.',
      retryAfter: Math.ceil(milliseconds / 1000),
    })
  }

  return {
    /** Call it before the transaction, so that the claim need not wait. Throws SERVICE_UNAVAILABLE if MySQL is unavailable. */
    bringPolicyUpToDate: (): Promise<void> => policy.bringUpToDate(),

    /** Claims a user's first username. Throws USERNAME_RESERVED and USERNAME_TAKEN. */
    async claim(tx: Statements, userId: string, username: string): Promise<AfterCommit> {
      await policy.refuse(canonicalUsername(username))
      return claim(tx, userId, username)
    },

    /**
     * Claims the first usernames of many users. Their cache entries follow when they are looked up. Throws
     * USERNAME_RESERVED and USERNAME_TAKEN.
     */
    async claimAll(tx: Statements, users: readonly { id: string; username: string }[]): Promise<void> {
      const now = clock()
      const claimed = users.map(({ id, username }) => ({
        ...{ userId: id, canonical: canonicalUsername(username), username, now },
      }))
      for (const { canonical } of claimed) await policy.refuse(canonical)
      await usernames.claimAll(tx, claimed)
      await history.open(tx, claimed)
    },

    /**
     * Changes the username, or releases it if `username` is null. The transaction must hold the lock of the user's row.
     * Throws USERNAME_RESERVED, USERNAME_TAKEN and RATE_LIMITED.
     */
    async change(tx: Tx, userId: string, username: string | null): Promise<AfterCommit> {
      const old = await usernames.findOwned(tx, userId)
      const previousUsername = old?.username ?? null
      if (username === previousUsername) return nothing
      const changed: AnyNewEvent = { type: 'username.changed', data: { username, previousUsername } }
      if (username === null) {
        await events.record(tx, userId, changed, ...releaseOf(old))
        return old ? release(tx, userId, old) : nothing
      }

      const canonical = canonicalUsername(username)
      if (old?.canonical === canonical) {
        const respelled = { canonical, username, userId }
        await usernames.respell(tx, respelled)
        await history.respell(tx, respelled)
        await events.record(tx, userId, changed)
        return nothing
      }
      // The last owner can take a held username back, even if it has been reserved since.
      if (!(await usernames.isHeldFor(tx, userId, canonical, clock()))) await policy.refuse(canonical)
      await refuseTooMany(tx, userId)
      const released = old && (await release(tx, userId, old))
      const claimed = await claim(tx, userId, username)
      await events.record(tx, userId, changed, ...releaseOf(old))
      return async () => {
        await Promise.all([claimed(), released?.()])
      }
    },

    /** A user's current and past usernames, the newest first. */
    historyOf: (userId: string) => history.list(userId, clock()),

    /** Blocks the username of a user who deletes the account, for good. */
    async retire(tx: Tx, userId: string): Promise<void> {
      const owned = await usernames.findOwned(tx, userId)
      if (!owned) return
      await events.record(tx, userId, ...releaseOf(owned))
      await usernames.retire(tx, owned.canonical)
    },
  }
}

type Owned = NonNullable<Awaited<ReturnType<UsernameRepository['findOwned']>>>

const releaseOf = (owned: Owned | null): AnyNewEvent[] =>
  owned ? [{ type: 'username.released', data: { username: owned.username } }] : []

const nothing: AfterCommit = () => Promise.resolve()

import { AuthError } from '../errors.js'
import type { Tx } from '../repositories/transactions.js'
import type { UsernameCache } from '../repositories/username-cache.js'
import type { UsernameRepository } from '../repositories/usernames.js'
import { canonicalUsername } from '../schema/rules.js'
import { addSeconds, type Clock } from './clock.js'

/** To be called once the transaction is committed: tells the cache. */
export type AfterCommit = () => Promise<void>

export type UsernameClaims = ReturnType<typeof createUsernameClaims>

/** Gives, changes, frees and protects names. The primary key of `usernames` decides who gets one. `hold` in seconds. */
export function createUsernameClaims({
  usernames,
  cache,
  isReserved,
  hold,
  clock,
}: {
  usernames: UsernameRepository
  cache: UsernameCache
  isReserved: (canonical: string) => boolean
  hold: number
  clock: Clock
}) {
  /** Throws USERNAME_RESERVED. */
  function refuseReserved(username: string): void {
    if (isReserved(canonicalUsername(username))) throw new AuthError('USERNAME_RESERVED')
  }

  async function claim(tx: Tx, userId: string, username: string): Promise<AfterCommit> {
    const usernameKey = canonicalUsername(username)
    await usernames.claim(tx, { usernameKey, display: username, userId, now: clock() })
    return () => cache.markUnavailable([usernameKey])
  }

  return {
    refuseReserved,

    /** A first name. Throws USERNAME_TAKEN. */
    claim,

    /**
     * Another name, or none, for a user whose row the transaction has locked. The old one is free again, or held for
     * its owner where a hold is configured. Throws USERNAME_TAKEN.
     */
    async change(tx: Tx, userId: string, username: string | null): Promise<AfterCommit> {
      const old = await usernames.findOwned(tx, userId)
      if (username !== null && old?.usernameKey === canonicalUsername(username)) {
        await usernames.respell(tx, { usernameKey: old.usernameKey, display: username, userId })
        return () => Promise.resolve()
      }
      if (old) await usernames.release(tx, old.usernameKey, hold > 0 ? addSeconds(clock(), hold) : null)
      const claimed = username === null ? null : await claim(tx, userId, username)
      return async () => {
        await Promise.all([claimed?.(), old && hold === 0 ? cache.forget(old.usernameKey) : undefined])
      }
    },

    /** Keeps the name of a user who leaves from everybody for good. */
    async protect(tx: Tx, userId: string): Promise<void> {
      const owned = await usernames.findOwned(tx, userId)
      if (owned) await usernames.protect(tx, owned.usernameKey)
    },
  }
}

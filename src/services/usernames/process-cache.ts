// Caches unavailable usernames in this process for a few seconds.
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { CachedReason } from '../../repositories/usernames/username-cache.js'

export type ProcessCache = ReturnType<typeof createProcessCache>

/**
 * Caches a username and the reason for at most `lifeMs`. At most twice `size` usernames. `now` returns milliseconds from
 * a clock that never goes back.
 */
export function createProcessCache({ lifeMs, size, now }: { lifeMs: number; size: number; now: () => number }) {
  const reasons = createTwoGenerations<CachedReason>({ size, renew: false })
  let turnedAt = now()

  function dropOld(): void {
    const age = now() - turnedAt
    if (age < lifeMs / 2) return
    reasons.turn()
    if (age >= lifeMs) reasons.turn()
    turnedAt += age
  }

  return {
    reasonOf(canonical: string): CachedReason | undefined {
      dropOld()
      return reasons.get(canonical)
    },
    add(canonical: string, reason: CachedReason): void {
      dropOld()
      reasons.set(canonical, reason)
    },
    /** Changes the reason of a cached username. */
    update(canonical: string, reason: CachedReason): void {
      if (reasons.get(canonical) !== undefined) reasons.set(canonical, reason)
    },
  }
}

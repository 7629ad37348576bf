// Login attempts in the memory of one process, for the time that Redis is unavailable.
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { AttemptStore } from '../../repositories/limits/login-attempts.js'

interface Known {
  failures: number
  locks: number
  lockedUntil: number
  forgottenAt: number
}

/** At most twice as many keys are kept. Each of them costs an attacker at least one hash. */
const MAX_KEYS = 20_000

/** The same rules as in Redis: one test runs with both. */
export function createProcessAttempts(): AttemptStore {
  const keys = createTwoGenerations<Known>({ size: MAX_KEYS, renew: true })

  return {
    reserve(key, rule, now) {
      const stored = keys.get(key)
      const known = stored && stored.forgottenAt > now ? stored : null
      if (known && known.lockedUntil > now) return Promise.resolve({ lockedMs: known.lockedUntil - now })
      const round = known?.locks ?? 0
      const next = {
        failures: (known && known.lockedUntil === 0 ? known.failures : 0) + 1,
        locks: round,
        lockedUntil: 0,
        forgottenAt: known?.forgottenAt ?? now + rule.failuresKeptMs,
      }
      if (next.failures >= rule.failures) {
        const duration = rule.locksMs[Math.min(round, rule.locksMs.length - 1)] ?? 0
        next.locks = round + 1
        next.lockedUntil = now + duration
        next.forgottenAt = next.lockedUntil + rule.locksKeptMs
      }
      keys.set(key, next)
      return Promise.resolve({ round })
    },

    giveBack(key, round) {
      const known = keys.get(key)
      if (known && known.failures > 0 && known.locks - (known.lockedUntil > 0 ? 1 : 0) === round) {
        if (known.failures === 1 && round === 0) keys.delete(key)
        else Object.assign(known, { failures: known.failures - 1, locks: round, lockedUntil: 0 })
      }
      return Promise.resolve()
    },

    forget(key) {
      keys.delete(key)
      return Promise.resolve()
    },
  }
}

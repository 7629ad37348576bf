// Login attempts in the memory of one process, for the time that Redis is unavailable.
import { randomUUID } from 'node:crypto'
import { createTwoGenerations } from '@postern/contract/two-generations'
import type { AttemptStore, LockRule } from '../../repositories/limits/login-attempts.js'

interface Known {
  failures: number
  locks: number
  lockedUntil: number
  forgottenAt: number
  /** The attempts in progress, and when each lapses. */
  inProgress: Map<string, number>
}

/** At most twice as many keys are kept. Each of them costs an attacker at least one hash. */
const MAX_KEYS = 20_000

const NOTHING = { failures: 0, locks: 0, lockedUntil: 0, forgottenAt: 0 }

/** The same rules as in Redis: one test runs with both. */
export function createProcessAttempts(): AttemptStore {
  const keys = createTwoGenerations<Known>({ size: MAX_KEYS, renew: true })

  function find(key: string, now: number): Known {
    let known = keys.get(key)
    if (!known) keys.set(key, (known = { ...NOTHING, inProgress: new Map() }))
    if (known.forgottenAt <= now) Object.assign(known, NOTHING)
    return known
  }

  return {
    reserve(key, rule, now) {
      const known = find(key, now)
      const lapsed = [...known.inProgress].filter(([, lapsesAt]) => lapsesAt <= now)
      for (const [id] of lapsed) known.inProgress.delete(id)
      if (lapsed.length > 0) fail(known, lapsed.length, rule, Math.max(...lapsed.map(([, lapsesAt]) => lapsesAt)))
      if (known.lockedUntil > now) return Promise.resolve({ lockedMs: known.lockedUntil - now })
      const failures = known.lockedUntil > 0 ? 0 : known.failures
      if (failures + known.inProgress.size >= rule.failures) return Promise.resolve('full')
      const id = randomUUID()
      known.inProgress.set(id, now + rule.undecidedMs)
      return Promise.resolve({ id })
    },

    fail(key, id, rule, now) {
      const known = find(key, now)
      if (known.inProgress.delete(id)) fail(known, 1, rule, now)
      return Promise.resolve(Math.max(0, known.lockedUntil - now))
    },

    giveBack(key, id) {
      keys.get(key)?.inProgress.delete(id)
      return Promise.resolve()
    },

    forget(key, id) {
      const known = keys.get(key)
      if (known) Object.assign(known, NOTHING).inProgress.delete(id)
      return Promise.resolve()
    },

    lockedUntil: (key) => Promise.resolve(keys.get(key)?.lockedUntil ?? 0),
  }
}

function fail(known: Known, count: number, rule: LockRule, at: number): void {
  if (known.lockedUntil > 0 && known.lockedUntil <= at) Object.assign(known, { failures: 0, lockedUntil: 0 })
  if (known.forgottenAt === 0) known.forgottenAt = at + rule.failuresKeptMs
  known.failures += count
  if (known.failures < rule.failures) return
  known.locks += 1
  known.lockedUntil = at + (rule.locksMs[Math.min(known.locks, rule.locksMs.length) - 1] ?? 0)
  known.forgottenAt = known.lockedUntil + rule.locksKeptMs
}

// Records failed logins as events: once a second, and at most one event of a kind per account and minute.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { AnyNewEvent, EventTrail } from '../events/index.js'

const WINDOW_SECONDS = 60

/** How many accounts a process keeps. Failed logins of others are in the audit log only. */
const MAX_ACCOUNTS = 1000

/** How many accounts it records at once. */
const BATCH = 50

interface Failures {
  /** Since the last event. */
  times: number
  lockedUntil: Date | null
  /** When the last event was recorded, or the one of another process was found. */
  recordedAt: number
}

export type FailedLogins = ReturnType<typeof createFailedLogins>

/** As in services/audit/refusals.ts, the request only adds to a list in memory. `monotonic` returns milliseconds. */
export function createFailedLogins({
  transaction,
  events,
  monotonic,
}: {
  transaction: MysqlTransaction
  events: EventTrail
  monotonic: () => number
}) {
  const accounts = new Map<string, Failures>()

  const isOld = ({ recordedAt }: Failures): boolean => monotonic() - recordedAt >= WINDOW_SECONDS * 1000

  async function record(accountId: string, failures: Failures): Promise<void> {
    const { times, lockedUntil } = failures
    const counts = times > 0 && isOld(failures)
    const results = await transaction(async (tx) => {
      const sampled = (event: AnyNewEvent) => events.recordSampled(tx, accountId, event, WINDOW_SECONDS)
      const failed = counts && (await sampled({ type: 'user.login_failed', data: { times } }))
      if (lockedUntil) await sampled({ type: 'user.locked', data: { until: lockedUntil.toISOString() } })
      return failed
    })
    if (counts) failures.recordedAt = monotonic()
    // More may have come since.
    if (results === 'recorded' || results === 'none') failures.times -= times
    if (failures.lockedUntil === lockedUntil) failures.lockedUntil = null
  }

  return {
    /** `lockedUntil`: the end of the lock that this failure has started. */
    note(accountId: string, lockedUntil: Date | null): void {
      let failures = accounts.get(accountId)
      if (!failures) {
        if (accounts.size >= MAX_ACCOUNTS) return
        accounts.set(accountId, (failures = { times: 0, lockedUntil: null, recordedAt: -Infinity }))
      }
      failures.times += 1
      failures.lockedUntil = lockedUntil ?? failures.lockedUntil
    },

    /** Rejects if MySQL is unavailable; what could not be recorded is kept for the next time. */
    async flush(): Promise<void> {
      for (const [id, failures] of accounts)
        if (failures.times === 0 && !failures.lockedUntil && isOld(failures)) accounts.delete(id)
      const due = [...accounts].filter(
        ([, failures]) => failures.lockedUntil !== null || (failures.times > 0 && isOld(failures)),
      )
      for (const [id, failures] of due.slice(0, BATCH)) await record(id, failures)
    },
  }
}

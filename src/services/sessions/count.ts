// The number of active sessions, for the metrics. Counting takes a while, so one process does it once a minute.
import type { Clock } from '@postern/service/clock'
import type { SessionRepository } from '../../repositories/sessions/sessions.js'

const INTERVAL_MS = 60_000

export type SessionCount = ReturnType<typeof createSessionCount>

/** `monotonic` returns milliseconds. */
export function createSessionCount({
  sessions,
  clock,
  monotonic = () => performance.now(),
}: {
  sessions: Pick<SessionRepository, 'countActive'>
  clock: Clock
  monotonic?: () => number
}) {
  let count: number | null = null
  let countedAt = -Infinity

  return {
    /** Null if this process does not count. */
    current: () => count,

    /** Counts if it is this process's turn and the last count is a minute old. Rejects if MySQL is unavailable. */
    async step(isMyTurn: boolean): Promise<void> {
      if (isMyTurn && monotonic() - countedAt < INTERVAL_MS) return
      count = null
      countedAt = -Infinity
      if (!isMyTurn) return
      count = await sessions.countActive(clock())
      countedAt = monotonic()
    },
  }
}

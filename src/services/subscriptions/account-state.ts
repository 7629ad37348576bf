// What is known about an account that connections follow, and what is new since.
import { unixSeconds } from '@postern/service/clock'
import type { ActiveSession } from '../../repositories/subscriptions/active-sessions.js'
import type { AuditRecord } from '../audit/index.js'
import { reasonOf } from './reasons.js'
import type { OpenWatch } from './watches.js'

/** What a round has read about an account. */
export interface Reading {
  sessions: readonly ActiveSession[]
  /** The newest entries, the oldest first. Those that were read before are among them. */
  entries: readonly AuditRecord[]
  at: Date
}

export type AccountState = ReturnType<typeof createAccountState>

/** Whether the user has proved who they are since the access token of the connection was issued, which ended it. */
const isOlder = ({ authTime }: OpenWatch, { provedAt }: ActiveSession): boolean =>
  provedAt !== null && unixSeconds(authTime) !== 0 && unixSeconds(authTime) < unixSeconds(provedAt)

/** `visibleTo` is an entry as the user of a watch may see it. */
export function createAccountState(visibleTo: (watch: OpenWatch, entry: AuditRecord) => AuditRecord, since: Date) {
  const watches = new Set<OpenWatch>()
  /** Null before the first reading. */
  let known: { sessions: ReadonlyMap<string, ActiveSession>; entryIds: ReadonlySet<string> } | null = null
  let readAt = since

  function deliverEntries(entries: readonly AuditRecord[]): void {
    if (!known) return
    for (const entry of entries) {
      if (known.entryIds.has(entry.id)) continue
      for (const watch of watches) watch.deliverActivity(visibleTo(watch, entry))
    }
  }

  function deliverEnded(active: ReadonlyMap<string, ActiveSession>, { entries, at }: Reading): void {
    const before = [...(known?.sessions.keys() ?? []), ...[...watches].map(({ sessionId }) => sessionId)]
    for (const sessionId of new Set(before)) {
      if (active.has(sessionId)) continue
      const expiresAt = known?.sessions.get(sessionId)?.expiresAt
      const reason = reasonOf(sessionId, entries, expiresAt !== undefined && expiresAt <= at)
      for (const watch of watches) watch.deliverEnded({ sessionId, reason, current: watch.sessionId === sessionId })
    }
  }

  return {
    watches,

    /** When it was last read. */
    readAt: () => readAt,

    /** Delivers what is new, and closes the connections whose sessions have ended. */
    apply(reading: Reading): void {
      const active = new Map(reading.sessions.map((session) => [session.id, session]))
      deliverEntries(reading.entries)
      deliverEnded(active, reading)
      for (const watch of watches) {
        const session = active.get(watch.sessionId)
        if (!session) watch.over('session_ended')
        else if (session.generation !== watch.user.generation || isOlder(watch, session)) watch.over('token_revoked')
      }
      known = { sessions: active, entryIds: new Set(reading.entries.map(({ id }) => id)) }
      readAt = reading.at
    },
  }
}

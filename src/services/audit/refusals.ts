// Records refused attempts, such as failed logins: once a second and never more than a flood may cost.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { AuditRepository } from '../../repositories/audit/entries.js'
import type { AuditEvent } from './entries.js'
import type { AuditKeys } from './keys.js'
import { entryOf } from './trail.js'

/** Attempts of one kind on one account from one address are one entry in this time. */
const WINDOW_MS = 60_000

/** How many entries a process keeps in a window. Further attempts are counted in one entry per action and result. */
const MAX_PENDING = 1000

/** How many it writes at once. */
const BATCH = 200

interface Pending {
  event: AuditEvent
  nameMac: string | null
  /** Attempts since the last entry. */
  times: number
  /** When the last entry was written. */
  writtenAt: number
}

export type Refusals = ReturnType<typeof createRefusals>

/**
 * The request only adds to a list in memory, so its time says nothing, and a flood of attempts is no flood of writes. A
 * process that dies loses those of the last second. `monotonic` returns milliseconds.
 */
export function createRefusals({
  entries,
  transaction,
  keys,
  monotonic,
}: {
  entries: AuditRepository
  transaction: MysqlTransaction
  keys: AuditKeys
  monotonic: () => number
}) {
  const pending = new Map<string, Pending>()

  /** Nothing identifies these attempts: there are too many of them. */
  const anyOf = ({ action, result = 'FAILURE' }: AuditEvent): AuditEvent => ({
    ...{ action, result, accountId: null, facts: { others: 'true' } },
    actor: { kind: 'UNKNOWN', id: null, origin: null },
  })

  function add(key: string, event: AuditEvent, nameMac: string | null): void {
    const known = pending.get(key)
    if (known) known.times += 1
    else pending.set(key, { event, nameMac, times: 1, writtenAt: -Infinity })
  }

  const isDue = ({ times, writtenAt }: Pending): boolean => times > 0 && monotonic() - writtenAt >= WINDOW_MS

  /** Writes what is due, or with `all` everything that has not been written. */
  async function flush(all = false): Promise<void> {
    for (const [key, { times, writtenAt }] of pending)
      if (times === 0 && monotonic() - writtenAt >= WINDOW_MS) pending.delete(key)
    const due = all
      ? [...pending.values()].filter(({ times }) => times > 0)
      : [...pending.values()].filter(isDue).slice(0, BATCH)
    if (due.length === 0) return
    const counted = due.map((one) => one.times)
    await transaction(async (tx) => {
      const accountIds = new Set(due.flatMap(({ event: { accountId } }) => accountId ?? []))
      const existing = await entries.lockExisting(tx, [...accountIds])
      for (const [i, { event, nameMac }] of due.entries()) {
        const facts = { ...event.facts, times: String(counted[i]) }
        // The deletion of an account erases its details, also those that are still in memory.
        const isErased = event.accountId !== null && !existing.has(event.accountId)
        const written = isErased
          ? entryOf(keys, { ...event, actor: { ...event.actor, origin: null }, facts })
          : entryOf(keys, { ...event, facts }, nameMac)
        await entries.insert(tx, ...written)
      }
    })
    const writtenAt = monotonic()
    for (const [i, one] of due.entries()) {
      // More may have come since.
      one.times -= counted[i] ?? 0
      one.writtenAt = writtenAt
    }
  }

  return {
    /** `name`: what was typed, which may be a password. Only its HMAC is kept. */
    note(event: AuditEvent & { result: 'FAILURE' | 'LOCKED' }, name: string | null = null): void {
      // Computed for existing accounts too: it takes the same time.
      const nameMac = name === null ? null : keys.nameMac(name)
      const { action, result, actor, accountId } = event
      const key = JSON.stringify([action, result, accountId ?? nameMac, actor.id, actor.origin?.ipAddress])
      if (pending.has(key) || pending.size < MAX_PENDING) add(key, event, nameMac)
      else add(`${action} ${result}`, anyOf(event), null)
    },

    /** Rejects if MySQL is unavailable; what could not be written is kept for the next time. */
    flush,
  }
}

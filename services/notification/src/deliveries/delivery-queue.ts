// The deliveries that are due: claiming them for a time, and what became of them.
import { listOf } from '@postern/service/database/placeholders'
import type { DatabaseAccess } from '@postern/service/database/open-database'
import type { Statements } from '@postern/service/database/statements'
import type { NotificationTable } from '../notifications/notification-table.js'
import type { DeliveryChannel } from '../settings/settings.js'
import type { Lane } from './lanes.js'
import type { FinalStatus, WaitsFor } from './status.js'

/** Deliveries that are sent side by side. */
export interface Queue {
  channel: DeliveryChannel
  lane: Lane
}

/** A queue that a process works off. */
export interface WorkedQueue extends Queue {
  /** Only what has been due for so many seconds. 0: everything that is due. */
  overdue: number
}

export interface ClaimedDelivery extends Queue {
  id: string
  /** Null: a digest. */
  notificationId: string | null
  userId: string | null
  /** The id of a device, or empty. */
  target: string
  /** How often it was tried, this time included. */
  attempts: number
  /** For how many seconds it has been tried. */
  triedFor: number
  /** Identifies the claim. */
  claim: string
  /** The database's time. */
  now: Date
}

/** What is known after an attempt. */
export interface AttemptResult {
  delivered: boolean
  failure: string | null
  providerId: string | null
}

/** What becomes of a delivery. */
export type Settlement = {
  /** Null: nothing was tried. */
  attempt: AttemptResult | null
} & (
  | { status: FinalStatus; reason: string | null }
  | { status: 'PENDING' | 'COLLECTED'; waitsFor: WaitsFor; due: Date | { inSeconds: number } }
)

const TEXT_LENGTH = 255

const CLAIM = `SELECT id, notification_id AS notificationId, user_id AS userId, channel, target, lane, attempts,
    COALESCE(TIMESTAMPDIFF(SECOND, tried_since, UTC_TIMESTAMP(3)), 0) AS triedFor, UTC_TIMESTAMP(3) AS now
  FROM deliveries WHERE status = 'PENDING' AND channel = ? AND lane = ?
    AND due_at <= UTC_TIMESTAMP(3) - INTERVAL ? SECOND
  ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED`

/** Reads the oldest of a queue. */
const IS_DUE = `SELECT ? AS channel, ? AS lane FROM DUAL WHERE (SELECT due_at FROM deliveries
  WHERE status = 'PENDING' AND channel = ? AND lane = ? ORDER BY due_at LIMIT 1) <= UTC_TIMESTAMP(3) - INTERVAL ? SECOND`

export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>

export function createDeliveryQueue({ read, write, transaction }: DatabaseAccess, notifications: NotificationTable) {
  async function settleIn(tx: Statements, claim: ClaimedDelivery, settlement: Settlement): Promise<boolean> {
    const members = claim.notificationId === null ? await membersOf(tx, claim.id) : []
    const ids = claim.notificationId === null ? members : [claim.notificationId]
    if (ids.length > 0) await notifications.lock(tx, ids)
    if ((await update(tx, claim, settlement)) === 0) return false
    if (settlement.attempt) await insertAttempt(tx, claim.id, settlement.attempt)
    if ('due' in settlement) return true
    if (members.length > 0) await settleMembers(tx, claim.id, settlement)
    if (ids.length > 0) await notifications.forgetMessages(tx, ids)
    return true
  }

  return {
    /** Which of these queues have something to send. */
    async due(queues: readonly WorkedQueue[]): Promise<Queue[]> {
      const values = queues.flatMap(({ channel, lane, overdue }) => [channel, lane, channel, lane, overdue])
      return queues.length === 0 ? [] : read<Queue>(queues.map(() => IS_DUE).join(' UNION ALL '), values)
    },

    /**
     * Takes at most `limit` deliveries that are due. They are due again when the lease ends, if they have not been settled.
     * `claim`: a new id. If this rejects, the claim may have been committed: call `disclaim`.
     */
    claim: (
      { channel, lane, overdue }: WorkedQueue,
      { claim, limit, leaseSeconds }: { claim: string; limit: number; leaseSeconds: number },
    ) =>
      transaction(async (tx): Promise<ClaimedDelivery[]> => {
        const rows = await tx.select<Omit<ClaimedDelivery, 'claim'>>(CLAIM, [channel, lane, overdue, String(limit)])
        const [first] = rows
        if (!first) return []
        const until = new Date(first.now.getTime() + leaseSeconds * 1000)
        const { list, values } = listOf(rows.map(({ id }) => id))
        await tx.write(
          `UPDATE deliveries SET attempts = attempts + 1, due_at = ?, claim = ?, waits_for = NULL WHERE id IN (${list})`,
          [until, claim, ...values],
        )
        return rows.map((row) => ({
          ...{ ...row, attempts: row.attempts + 1, triedFor: Number(row.triedFor) },
          claim,
        }))
      }),

    /** False, without effect, if the claim has ended. */
    settle: (claim: ClaimedDelivery, settlement: Settlement): Promise<boolean> =>
      transaction((tx) => settleIn(tx, claim, settlement)),

    /** The attempt does not count, and this or another process can make it after so many seconds. */
    release: ({ id, claim }: ClaimedDelivery, seconds = 0): Promise<number> =>
      write(
        `UPDATE deliveries SET attempts = attempts - 1, due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND, claim = NULL
         WHERE id = ? AND status = 'PENDING' AND claim = ?`,
        [seconds, id, claim],
      ),

    /** Gives back all of a claim, of which nothing was tried. */
    disclaim: ({ channel, lane }: Queue, claim: string): Promise<number> =>
      write(
        `UPDATE deliveries SET attempts = attempts - 1, due_at = UTC_TIMESTAMP(3), claim = NULL
         WHERE status = 'PENDING' AND channel = ? AND lane = ? AND claim = ?`,
        [channel, lane, claim],
      ),

    /** The receivers of a queue answer again: what has failed there need not wait. `limit`: at most so many, the earliest first. */
    hasten: ({ channel, lane }: Queue, limit: number): Promise<number> =>
      write(
        `UPDATE deliveries SET due_at = UTC_TIMESTAMP(3) WHERE status = 'PENDING' AND channel = ? AND lane = ?
         AND due_at > UTC_TIMESTAMP(3) AND waits_for = 'RETRY' ORDER BY due_at LIMIT ${limit}`,
        [channel, lane],
      ),

    /** How many deliveries wait, also for another attempt, and how many were given up. */
    async count(status: 'PENDING' | 'FAILED'): Promise<number> {
      const [row] = await read<{ count: string | number }>(
        'SELECT COUNT(*) AS count FROM deliveries WHERE status = ?',
        [status],
      )
      return Number(row?.count)
    },
  }
}

/** The notifications of a digest. */
async function membersOf(tx: Statements, digestId: string): Promise<string[]> {
  const rows = await tx.select<{ id: string }>(
    `SELECT notification_id AS id FROM deliveries WHERE digest_id = ? AND status = 'COLLECTED'`,
    [digestId],
  )
  return rows.map(({ id }) => id)
}

function update(tx: Statements, { id, claim }: ClaimedDelivery, settlement: Settlement): Promise<number> {
  const waits = 'due' in settlement
  const due = waits ? settlement.due : null
  const isLater = due !== null && 'inSeconds' in due
  const reason = waits ? null : (settlement.reason?.slice(0, TEXT_LENGTH) ?? null)
  const isTried = settlement.attempt !== null
  // From now on it is tried for a day, also if the consent service is what does not answer.
  const hasBegun = isTried || (waits && settlement.waitsFor === 'CONSENT')
  return tx.write(
    `UPDATE deliveries SET status = ?, reason = ?, waits_for = ?, claim = NULL,
       due_at = ${isLater ? 'UTC_TIMESTAMP(3) + INTERVAL ? SECOND' : '?'},
       settled_at = ${waits ? 'NULL' : 'UTC_TIMESTAMP(3)'}, attempts = attempts - ${isTried ? 0 : 1},
       tried_since = ${hasBegun ? 'COALESCE(tried_since, UTC_TIMESTAMP(3))' : 'tried_since'}
     WHERE id = ? AND status = 'PENDING' AND claim = ?`,
    [...[settlement.status, reason, waits ? settlement.waitsFor : null, isLater ? due.inSeconds : due], ...[id, claim]],
  )
}

const insertAttempt = (
  tx: Statements,
  id: string,
  { delivered, failure, providerId }: AttemptResult,
): Promise<number> =>
  tx.write(
    `INSERT INTO delivery_attempts (delivery_id, number, attempted_at, delivered, failure, provider_id)
     SELECT ?, COALESCE(MAX(number), 0) + 1, UTC_TIMESTAMP(3), ?, ?, ? FROM delivery_attempts WHERE delivery_id = ?`,
    [...[id, delivered ? 1 : 0, failure?.slice(0, TEXT_LENGTH) ?? null, providerId?.slice(0, TEXT_LENGTH) ?? null], id],
  )

const settleMembers = (
  tx: Statements,
  digestId: string,
  { status, reason }: { status: FinalStatus; reason: string | null },
): Promise<number> =>
  tx.write(
    `UPDATE deliveries SET status = ?, reason = ?, waits_for = NULL, due_at = NULL, settled_at = UTC_TIMESTAMP(3)
     WHERE digest_id = ? AND status = 'COLLECTED'`,
    [status, reason?.slice(0, TEXT_LENGTH) ?? null, digestId],
  )

// The deliveries that are due: claiming them for a time, as many as a receiver may get, and what became of them.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import type { SealedSecret } from './endpoints.js'

/** How many requests a receiver gets: `burst` at once after a pause, and one each `everyMs`. */
export interface Pace {
  burst: number
  everyMs: number
}

export interface ClaimedDelivery {
  id: string
  eventId: string
  type: string
  body: string
  /** How often it was tried, this time included. */
  attempts: number
  /** Identifies the claim: when it ends. */
  claimedUntil: Date
}

export interface ClaimedEndpoint {
  id: string
  url: string
  /** The current one, and the previous one while it is valid. */
  secrets: SealedSecret[]
  deliveries: ClaimedDelivery[]
}

/** What became of an attempt. */
export interface Settlement {
  status: 'PENDING' | 'DELIVERED' | 'FAILED'
  /** Until the next attempt. Null if there is none. */
  pauseSeconds: number | null
  responseStatus: number | null
  failure: string | null
}

interface EndpointRow {
  id: string
  url: string
  pacedAt: Date
  secret: Uint8Array
  keyId: string
  previousSecret: Uint8Array | null
  previousKeyId: string | null
  previousUntil: Date | null
  now: Date
}

const FAILURE_LENGTH = 255

const LOCK_ENDPOINT = `SELECT id, url, paced_at AS pacedAt, secret, key_id AS keyId, previous_secret AS previousSecret,
    previous_key_id AS previousKeyId, previous_until AS previousUntil, UTC_TIMESTAMP(3) AS now
  FROM webhook_endpoints WHERE id = ? AND enabled FOR UPDATE`

const FIND_DUE = `SELECT id, event_id AS eventId, type, body, attempts FROM webhook_deliveries
  WHERE endpoint_id = ? AND status = 'PENDING' AND due_at <= ? ORDER BY due_at LIMIT ? FOR UPDATE SKIP LOCKED`

function secretsOf(row: EndpointRow): SealedSecret[] {
  const { previousSecret: sealed, previousKeyId, previousUntil, now } = row
  const current = { keyId: row.keyId, sealed: row.secret }
  const isValid = sealed !== null && previousKeyId !== null && previousUntil !== null && previousUntil > now
  return isValid ? [current, { keyId: previousKeyId, sealed }] : [current]
}

export type DeliveryQueue = ReturnType<typeof createDeliveryQueue>

export function createDeliveryQueue(transaction: MysqlTransaction, read: Read, write: Write) {
  return {
    /**
     * Takes at most `limit` deliveries that are due, and not more than the pace permits all processes together. They are due
     * again when the lease ends, if they have not been settled. Null if there is nothing to send now.
     */
    claim: (
      endpointId: string,
      { limit, leaseSeconds, pace }: { limit: number; leaseSeconds: number; pace: Pace },
    ): Promise<ClaimedEndpoint | null> =>
      transaction(async (tx) => {
        const [endpoint] = await tx.select<EndpointRow>(LOCK_ENDPOINT, [endpointId])
        if (!endpoint) return null
        const now = endpoint.now.getTime()
        const pacedAt = Math.max(endpoint.pacedAt.getTime(), now - pace.burst * pace.everyMs)
        const permitted = Math.min(limit, Math.floor((now - pacedAt) / pace.everyMs))
        if (permitted <= 0) return null
        const found = [endpointId, endpoint.now, String(permitted)]
        const rows = await tx.select<Omit<ClaimedDelivery, 'claimedUntil'>>(FIND_DUE, found)
        if (rows.length === 0) return null
        const paced = new Date(pacedAt + rows.length * pace.everyMs)
        await tx.write('UPDATE webhook_endpoints SET paced_at = ? WHERE id = ?', [paced, endpointId])
        const claimedUntil = new Date(now + leaseSeconds * 1000)
        for (const { id } of rows)
          await tx.write(
            'UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = ?, last_attempt_at = ? WHERE id = ?',
            [claimedUntil, endpoint.now, id],
          )
        const deliveries = rows.map((row) => ({ ...row, attempts: row.attempts + 1, claimedUntil }))
        return { id: endpoint.id, url: endpoint.url, secrets: secretsOf(endpoint), deliveries }
      }),

    /** Without effect if the claim has ended, or the delivery was replayed. */
    settle: (
      { id, claimedUntil }: ClaimedDelivery,
      { status, pauseSeconds, responseStatus, failure }: Settlement,
      tx: Pick<Statements, 'write'> = { write },
    ): Promise<number> =>
      tx.write(
        `UPDATE webhook_deliveries SET status = ?, due_at = UTC_TIMESTAMP(3) + INTERVAL ? SECOND,
           last_response_status = ?, last_failure = ? WHERE id = ? AND status = 'PENDING' AND due_at = ?`,
        [status, pauseSeconds, responseStatus, failure?.slice(0, FAILURE_LENGTH) ?? null, id, claimedUntil],
      ),

    /** The attempt does not count, and another process can make it at once. */
    release: ({ id, claimedUntil }: ClaimedDelivery): Promise<number> =>
      write(
        `UPDATE webhook_deliveries SET attempts = attempts - 1, due_at = UTC_TIMESTAMP(3)
         WHERE id = ? AND status = 'PENDING' AND due_at = ?`,
        [id, claimedUntil],
      ),

    /** Nothing was sent, and nothing will be. Without effect if the claim has ended, or the delivery was replayed. */
    abandon: ({ id, claimedUntil }: ClaimedDelivery, failure: string): Promise<number> =>
      write(
        `UPDATE webhook_deliveries SET status = 'FAILED', attempts = attempts - 1, due_at = NULL, last_failure = ?
         WHERE id = ? AND status = 'PENDING' AND due_at = ?`,
        [failure.slice(0, FAILURE_LENGTH), id, claimedUntil],
      ),

    /** A request has succeeded. */
    forgetFailures: (endpointId: string): Promise<number> =>
      write('UPDATE webhook_endpoints SET failing_since = NULL WHERE id = ? AND failing_since IS NOT NULL', [
        endpointId,
      ]),

    /** A request has failed. Locks the webhook's row. Returns for how many seconds all have; null if it is not enabled. */
    async noteFailure(tx: Statements, endpointId: string): Promise<number | null> {
      const changed = await tx.write(
        'UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, UTC_TIMESTAMP(3)) WHERE id = ? AND enabled',
        [endpointId],
      )
      if (changed === 0) return null
      const [row] = await tx.select<{ seconds: string | number }>(
        'SELECT TIMESTAMPDIFF(SECOND, failing_since, UTC_TIMESTAMP(3)) AS seconds FROM webhook_endpoints WHERE id = ?',
        [endpointId],
      )
      return Number(row?.seconds)
    },

    /** How many deliveries of enabled webhooks are not sent yet. */
    async waiting(): Promise<number> {
      const [row] = await read<{ count: string | number }>(
        `SELECT COUNT(*) AS count FROM webhook_endpoints e STRAIGHT_JOIN webhook_deliveries d
         ON d.endpoint_id = e.id AND d.status = 'PENDING' WHERE e.enabled`,
        [],
      )
      return Number(row?.count)
    },
  }
}

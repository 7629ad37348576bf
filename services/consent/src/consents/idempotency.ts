// Idempotency keys: a request that is repeated changes nothing.
import { createHash } from 'node:crypto'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import { invalidField } from '@postern/service/errors'

/** How long a key is known. */
const DAYS = 7

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** A key of a caller, for a request. */
export interface KeyedRequest {
  readonly key: string
  /** What was requested. */
  readonly request: unknown
}

export type Idempotency = ReturnType<typeof createIdempotency>

export function createIdempotency(write: Write) {
  return {
    /**
     * True if the request was made before. The transaction holds the lock of the user's history, so of two at once, the second
     * finds the first. Throws INVALID_INPUT if the key was used for another request.
     */
    async isRepeated(tx: Statements, userId: string, keyed: KeyedRequest | null): Promise<boolean> {
      if (!keyed) return false
      const [found] = await tx.select<{ requestHash: string }>(
        `SELECT request_hash AS requestHash FROM idempotency_keys WHERE user_id = ? AND key_hash = ?
           AND at > UTC_TIMESTAMP(3) - INTERVAL ${DAYS} DAY`,
        [userId, hash(keyed.key)],
      )
      if (found && found.requestHash !== hash(keyed.request))
        throw invalidField('idempotencyKey', 'Idempotency key was used for another request.')
      return found !== undefined
    },

    async remember(tx: Statements, userId: string, keyed: KeyedRequest | null): Promise<void> {
      if (!keyed) return
      await tx.write(
        `INSERT INTO idempotency_keys (user_id, key_hash, request_hash, at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))
         ON DUPLICATE KEY UPDATE request_hash = VALUES(request_hash), at = VALUES(at)`,
        [userId, hash(keyed.key), hash(keyed.request)],
      )
    },

    /** Deletes keys of a user. Returns how many, up to `limit`. */
    forget: (tx: Statements, userId: string, limit: number): Promise<number> =>
      tx.write('DELETE FROM idempotency_keys WHERE user_id = ? ORDER BY key_hash LIMIT ?', [userId, String(limit)]),

    /** Deletes keys that are too old. Returns how many, up to `limit`. */
    purge: (limit: number): Promise<number> =>
      write(`DELETE FROM idempotency_keys WHERE at < UTC_TIMESTAMP(3) - INTERVAL ${DAYS} DAY LIMIT ?`, [String(limit)]),
  }
}

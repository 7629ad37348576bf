// The usernames that each user has and had, written in the transaction of the claim.
import { insertAll, type Statements } from '@postern/service/database/statements'
import type { Read } from '@postern/service/database/reads'
import type { Tx } from '../database/transactions.js'
import { IS_RELEASED } from './states.js'
import type { Claim } from './usernames.js'

export interface UsernameRecord {
  username: string
  claimedAt: Date
  releasedAt: Date | null
  heldUntil: Date | null
}

const MAX_LISTED = 100

export type UsernameHistory = ReturnType<typeof createUsernameHistory>

/** Writers hold the lock of the user's row. */
export function createUsernameHistory(read: Read) {
  return {
    async open(tx: Statements, claims: readonly Claim[]): Promise<void> {
      const columns = ['user_id', 'username_key', 'display', 'claimed_at']
      const values = claims.map(({ userId, canonical, username, now }) => [userId, canonical, username, now])
      await insertAll(tx, 'username_history', columns, values)
    },

    async respell(tx: Tx, { userId, canonical, username }: Omit<Claim, 'now'>): Promise<void> {
      await tx.usernameRecord.updateMany({ where: { userId, canonical, releasedAt: null }, data: { username } })
    },

    async close(tx: Tx, userId: string, now: Date): Promise<void> {
      await tx.usernameRecord.updateMany({ where: { userId, releasedAt: null }, data: { releasedAt: now } })
    },

    /** The times of the last `limit` claims, the newest first. */
    async lastClaims(tx: Tx, userId: string, limit: number): Promise<Date[]> {
      const records = await tx.usernameRecord.findMany({
        where: { userId },
        orderBy: { id: 'desc' },
        take: limit,
        select: { claimedAt: true },
      })
      return records.map(({ claimedAt }) => claimedAt)
    },

    /** At most 100, the newest first. */
    async list(userId: string, now: Date): Promise<UsernameRecord[]> {
      return read<UsernameRecord>(
        `SELECT h.display AS username, h.claimed_at AS claimedAt, h.released_at AS releasedAt, n.held_until AS heldUntil
         FROM username_history h LEFT JOIN usernames n
           ON n.username_key = h.username_key AND n.user_id = h.user_id AND n.${IS_RELEASED} AND n.held_until > ?
         WHERE h.user_id = ? ORDER BY h.id DESC LIMIT ${MAX_LISTED}`,
        [now, userId],
      )
    },
  }
}

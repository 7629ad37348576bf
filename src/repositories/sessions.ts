import { JOIN_USERNAME, toUserRecord, USER_COLUMNS, type UserRecord, type UserRow } from './users.js'
import type { Read } from './reads.js'
import type { Tx } from './transactions.js'

export interface NewSession {
  id: string
  userId: string
  generation: number
  refreshSeed: Uint8Array<ArrayBuffer>
  lastJti: string
  ipAddress: string | null
  userAgent: string | null
  now: Date
  expiresAt: Date
  absoluteExpiresAt: Date
}

export type SessionRepository = ReturnType<typeof createSessionRepository>

export function createSessionRepository(read: Read) {
  return {
    async insert(tx: Tx, session: NewSession): Promise<void> {
      const { now, ...data } = session
      await tx.session.createMany({ data: { ...data, rotatedAt: now, createdAt: now, lastUsedAt: now } })
    },

    /** The user of a living session, in one query; null when it has ended, expired, or fallen below its user's generation. */
    async findLivingUser(sessionId: string, now: Date): Promise<UserRecord | null> {
      const [row] = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM sessions s
           JOIN users u ON u.id = s.user_id AND u.generation = s.generation AND u.disabled_at IS NULL ${JOIN_USERNAME}
         WHERE s.id = ? AND s.ended_at IS NULL AND s.expires_at > ?`,
        [sessionId, now],
      )
      return row ? toUserRecord(row) : null
    },

    /** Ends one session; false when it had ended already. */
    async end(tx: Tx, id: string, now: Date): Promise<boolean> {
      return (await tx.session.updateMany({ where: { id, endedAt: null }, data: { endedAt: now } })).count === 1
    },

    /** Ends all living sessions of a user and returns how many there were. */
    async endAll(tx: Tx, userId: string, now: Date): Promise<number> {
      return (await tx.session.updateMany({ where: { userId, endedAt: null }, data: { endedAt: now } })).count
    },

    /** Deletes up to `limit` sessions that ended or expired before `before`. */
    async purge(tx: Tx, before: Date, limit: number): Promise<number> {
      const ended = await tx.$executeRaw`DELETE FROM sessions WHERE ended_at < ${before} LIMIT ${limit}`
      return ended + (await tx.$executeRaw`DELETE FROM sessions WHERE expires_at < ${before} LIMIT ${limit}`)
    },
  }
}

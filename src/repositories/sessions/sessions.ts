import { JOIN_USERNAME, toUserRecord, USER_COLUMNS, type UserRecord, type UserRow } from '../database/user-record.js'
import type { Read } from '../database/reads.js'
import type { Tx } from '../database/transactions.js'

/** A living session, with what a refresh decides by. */
export interface RefreshableSession {
  id: string
  user: Pick<UserRecord, 'id' | 'generation' | 'role'>
  /** n in the latest refresh token. */
  counter: number
  refreshSeed: Uint8Array
  rotatedAt: Date
  expiresAt: Date
  absoluteExpiresAt: Date
}

/** A living session as its owner sees it. */
export interface ListedSession {
  id: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

/** What lives: not ended, not expired, and of its user's present generation. Takes the time as its one value. */
export const LIVING = 's.ended_at IS NULL AND s.expires_at > ?'
const JOIN_USER = 'JOIN users u ON u.id = s.user_id AND u.generation = s.generation AND u.disabled_at IS NULL'

export type SessionRepository = ReturnType<typeof createSessionRepository>

export function createSessionRepository(read: Read) {
  return {
    /** The user of a living session, in one query; null when it has ended, expired, or fallen below its user's generation. */
    async findLivingUser(sessionId: string, now: Date): Promise<UserRecord | null> {
      const [row] = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM sessions s ${JOIN_USER} ${JOIN_USERNAME} WHERE s.id = ? AND ${LIVING}`,
        [sessionId, now],
      )
      return row ? toUserRecord(row) : null
    },

    /** A living session by its id; null when it is over. */
    async findRefreshable(id: string, now: Date): Promise<RefreshableSession | null> {
      const [row] = await read<Omit<RefreshableSession, 'user'> & RefreshableSession['user'] & { userId: string }>(
        `SELECT s.id, s.refresh_counter AS counter, s.refresh_seed AS refreshSeed, s.rotated_at AS rotatedAt,
           s.expires_at AS expiresAt, s.absolute_expires_at AS absoluteExpiresAt, u.id AS userId, u.generation, u.role
         FROM sessions s ${JOIN_USER} WHERE s.id = ? AND ${LIVING}`,
        [id, now],
      )
      if (!row) return null
      const { userId, generation, role, ...session } = row
      return { ...session, user: { id: userId, generation, role } }
    },

    /** The living sessions of a user, the one used last first. */
    async listLiving(userId: string, now: Date): Promise<ListedSession[]> {
      return read<ListedSession>(
        `SELECT s.id, s.created_at AS createdAt, s.last_used_at AS lastUsedAt, s.expires_at AS expiresAt,
           s.ip_address AS ipAddress, s.user_agent AS userAgent
         FROM sessions s ${JOIN_USER} WHERE s.user_id = ? AND ${LIVING} ORDER BY s.last_used_at DESC, s.id DESC`,
        [userId, now],
      )
    },

    /** Moves a living session on to refresh token `counter`; false when it is there, or beyond, or over. */
    async rotate(
      tx: Tx,
      rotation: { id: string; counter: number; jti: string; now: Date; expiresAt: Date },
    ): Promise<boolean> {
      const { id, counter, jti, now, expiresAt } = rotation
      const { count } = await tx.session.updateMany({
        where: { id, refreshCounter: { lt: counter }, endedAt: null, expiresAt: { gt: now } },
        data: { refreshCounter: counter, rotatedAt: now, lastUsedAt: now, lastJti: jti, expiresAt },
      })
      return count === 1
    },

    /** Ends one living session of a user and returns the jti of its last access token; null when there is none. */
    async end(tx: Tx, { id, userId }: { id: string; userId: string }, now: Date): Promise<string | null> {
      const where = { id, userId, endedAt: null, expiresAt: { gt: now } }
      const { count } = await tx.session.updateMany({ where, data: { endedAt: now } })
      if (count === 0) return null
      return (await tx.session.findUniqueOrThrow({ where: { id }, select: { lastJti: true } })).lastJti
    },

    /** Ends all living sessions of a user and returns how many there were. */
    async endAll(tx: Tx, userId: string, now: Date): Promise<number> {
      const where = { userId, endedAt: null, expiresAt: { gt: now } }
      return (await tx.session.updateMany({ where, data: { endedAt: now } })).count
    },

    /** Ends a user's oldest living sessions beyond the newest `keep`, and returns them. */
    async endOldest(tx: Tx, userId: string, keep: number, now: Date): Promise<{ id: string; lastJti: string }[]> {
      const oldest = await tx.session.findMany({
        where: { userId, endedAt: null, expiresAt: { gt: now } },
        // Ids are sortable by time.
        orderBy: { id: 'desc' },
        skip: keep,
        select: { id: true, lastJti: true },
      })
      if (oldest.length > 0)
        await tx.session.updateMany({ where: { id: { in: oldest.map(({ id }) => id) } }, data: { endedAt: now } })
      return oldest
    },

    /** Deletes up to `limit` sessions that ended or expired before `before`. */
    async purge(tx: Tx, before: Date, limit: number): Promise<number> {
      const ended = await tx.$executeRaw`DELETE FROM sessions WHERE ended_at < ${before} LIMIT ${limit}`
      return ended + (await tx.$executeRaw`DELETE FROM sessions WHERE expires_at < ${before} LIMIT ${limit}`)
    },
  }
}

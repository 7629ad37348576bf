// The table of sessions: reading active ones, rotating their refresh tokens and ending them.
import type { Amr } from '@postern/contract/claims'
import { listOf } from '@postern/service/database/placeholders'
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import type { Write } from '@postern/service/database/writes'
import {
  JOIN_USERNAME,
  toUserRecord,
  USER_COLUMNS,
  type UserRecord,
  type UserRow,
  type UserVersion,
} from '../database/user-record.js'
import type { Tx } from '../database/transactions.js'

/** An active session, with what a refresh checks and changes. */
export interface RefreshableSession {
  id: string
  user: Pick<UserRecord, 'id' | 'generation' | 'role'>
  /** The number in the latest refresh token. */
  counter: number
  refreshSeed: Uint8Array
  rotatedAt: Date
  expiresAt: Date
  absoluteExpiresAt: Date
  /** When and how the person has proved who they are. */
  authTime: Date
  amr: readonly Amr[]
  /** The thumbprint of the key that the session is bound to. Null: to none. */
  dpopKey: string | null
}

/** What a new proof, or a new generation, changes in a session. */
interface Renewal {
  id: string
  refreshSeed: Uint8Array<ArrayBuffer>
  lastJti: string
  authTime: Date
  amr: readonly Amr[]
  now: Date
}

/** The user of an active session, and when they last proved in it who they are. Null: of an earlier version. */
export interface ActiveUser {
  user: UserRecord
  provedAt: Date | null
}

/** An active session as its owner sees it. */
export interface ListedSession {
  id: string
  createdAt: Date
  lastUsedAt: Date
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

/** An active session has not ended or expired. It has one placeholder: the time. */
export const ACTIVE = 's.ended_at IS NULL AND s.expires_at > ?'

/** How many sessions one sign-in ends: more than the highest limit, so enough after it was lowered. */
const MOST_ENDED = 1024

/** An active session is also of its user's current generation. */
const JOIN_USER = 'JOIN users u ON u.id = s.user_id AND u.generation = s.generation AND u.disabled_at IS NULL'

export type SessionRepository = ReturnType<typeof createSessionRepository>

export function createSessionRepository(read: Read, write: Write) {
  return {
    /**
     * The users of active sessions, by the sessions' ids, in one query. Those that have ended, expired, or are of an earlier
     * generation are missing.
     */
    async findActiveUsers(ids: readonly string[], now: Date): Promise<Map<string, ActiveUser>> {
      const { list, values } = listOf(ids)
      const rows = await read<UserRow & { sessionId: string; provedAt: Date | null }>(
        `SELECT s.id AS sessionId, s.auth_time AS provedAt, ${USER_COLUMNS} FROM sessions s ${JOIN_USER} ${JOIN_USERNAME}
         WHERE s.id IN (${list}) AND ${ACTIVE}`,
        [...values, now],
      )
      return new Map(
        rows.map(({ sessionId, provedAt, ...user }) => [sessionId, { user: toUserRecord(user), provedAt }]),
      )
    },

    /** Active sessions by their ids, in one query. */
    async findRefreshable(ids: readonly string[], now: Date): Promise<Map<string, RefreshableSession>> {
      const { list, values } = listOf(ids)
      const rows = await read<
        Omit<RefreshableSession, 'user' | 'amr'> & RefreshableSession['user'] & { userId: string; amr: string }
      >(
        `SELECT s.id, s.refresh_counter AS counter, s.refresh_seed AS refreshSeed, s.rotated_at AS rotatedAt,
           s.expires_at AS expiresAt, s.absolute_expires_at AS absoluteExpiresAt,
           COALESCE(s.auth_time, s.created_at) AS authTime, s.amr, s.dpop_jkt AS dpopKey,
           u.id AS userId, u.generation, u.role
         FROM sessions s ${JOIN_USER} WHERE s.id IN (${list}) AND ${ACTIVE}`,
        [...values, now],
      )
      return new Map(
        rows.map(({ userId, generation, role, amr, ...session }) => [
          session.id,
          { ...session, amr: amr.split(',') as Amr[], user: { id: userId, generation, role } },
        ]),
      )
    },

    /** The active sessions of a user, the most recently used first. */
    async listActive(userId: string, now: Date): Promise<ListedSession[]> {
      return read<ListedSession>(
        `SELECT s.id, s.created_at AS createdAt, s.last_used_at AS lastUsedAt, s.expires_at AS expiresAt,
           s.ip_address AS ipAddress, s.user_agent AS userAgent
         FROM sessions s ${JOIN_USER} WHERE s.user_id = ? AND ${ACTIVE} ORDER BY s.last_used_at DESC, s.id DESC`,
        [userId, now],
      )
    },

    /** Counts the active sessions of all users. Reads an index of all of them. */
    async countActive(now: Date): Promise<number> {
      const sql = 'SELECT COUNT(*) AS count FROM sessions WHERE ended_at IS NULL AND expires_at > ?'
      const [row] = await read<{ count: number }>(sql, [now])
      return Number(row?.count)
    },

    /** Advances an active session to refresh token `counter`. Returns false if it has advanced that far, or has ended. */
    async rotate(rotation: { id: string; counter: number; jti: string; now: Date; expiresAt: Date }): Promise<boolean> {
      const { id, counter, jti, now, expiresAt } = rotation
      const count = await write(
        `UPDATE sessions SET refresh_counter = ?, rotated_at = ?, last_used_at = ?, last_jti = ?, expires_at = ?
         WHERE id = ? AND refresh_counter < ? AND ended_at IS NULL AND expires_at > ?`,
        [counter, now, now, jti, expiresAt, id, counter, now],
      )
      return count === 1
    },

    /**
     * Moves an active session into a new generation, with a new seed and the next counter. Returns null if it has ended,
     * or if its user was disabled.
     */
    async renew(
      tx: Tx,
      session: Renewal & { userId: string; generation: number },
    ): Promise<{ counter: number; expiresAt: Date } | null> {
      const { id, userId, now, amr, ...data } = session
      const { count } = await tx.session.updateMany({
        where: { id, userId, endedAt: null, expiresAt: { gt: now }, user: { disabledAt: null } },
        data: { ...data, amr: amr.join(','), refreshCounter: { increment: 1 }, rotatedAt: now, lastUsedAt: now },
      })
      if (count === 0) return null
      const select = { refreshCounter: true, expiresAt: true } as const
      const { refreshCounter, expiresAt } = await tx.session.findUniqueOrThrow({ where: { id }, select })
      return { counter: refreshCounter, expiresAt }
    },

    /** Records a new proof in an active session, with a new seed and the next counter. Returns null if it has ended. */
    async renewProof(
      tx: Statements,
      { id, user, refreshSeed, lastJti, authTime, amr, now }: Renewal & { user: UserVersion },
    ): Promise<{ counter: number; expiresAt: Date } | null> {
      const count = await tx.write(
        `UPDATE sessions SET auth_time = ?, amr = ?, refresh_seed = ?, refresh_counter = refresh_counter + 1, last_jti = ?,
           rotated_at = ?, last_used_at = ?
         WHERE id = ? AND user_id = ? AND generation = ? AND ended_at IS NULL AND expires_at > ?`,
        [authTime, amr.join(','), refreshSeed, lastJti, now, now, id, user.id, user.generation, now],
      )
      if (count === 0) return null
      const [row] = await tx.select<{ counter: number; expiresAt: Date }>(
        'SELECT refresh_counter AS counter, expires_at AS expiresAt FROM sessions WHERE id = ?',
        [id],
      )
      return row ?? null
    },

    /** Ends one active session of a user. Returns false if there is none. */
    async end(tx: Statements, { id, userId }: { id: string; userId: string }, now: Date): Promise<boolean> {
      const sql =
        'UPDATE sessions SET ended_at = ? WHERE id = ? AND user_id = ? AND ended_at IS NULL AND expires_at > ?'
      return (await tx.write(sql, [now, id, userId, now])) === 1
    },

    /** The jti of the last access token of a session that the transaction has locked. */
    async lastJti(tx: Statements, id: string): Promise<string> {
      const [row] = await tx.select<{ lastJti: string }>('SELECT last_jti AS lastJti FROM sessions WHERE id = ?', [id])
      if (!row) throw new Error('The session is not there any more.')
      return row.lastJti
    },

    /** Ends all active sessions of a user, or all but one, and returns how many it ended. */
    async endAll(tx: Tx, { userId, except }: { userId: string; except: string | null }, now: Date): Promise<number> {
      const where = { userId, endedAt: null, expiresAt: { gt: now }, ...(except !== null && { id: { not: except } }) }
      return (await tx.session.updateMany({ where, data: { endedAt: now } })).count
    },

    /** Ends a user's active sessions except the newest `keep`, and returns those that it ended. */
    async endOldest(
      tx: Statements,
      userId: string,
      keep: number,
      now: Date,
    ): Promise<{ id: string; lastJti: string }[]> {
      // Ids sort by time.
      const oldest = await tx.select<{ id: string; lastJti: string }>(
        `SELECT s.id, s.last_jti AS lastJti FROM sessions s WHERE s.user_id = ? AND ${ACTIVE}
         ORDER BY s.id DESC LIMIT ${MOST_ENDED} OFFSET ?`,
        [userId, now, String(keep)],
      )
      if (oldest.length === 0) return []
      const { list, values } = listOf(oldest.map(({ id }) => id))
      await tx.write(`UPDATE sessions SET ended_at = ? WHERE id IN (${list})`, [now, ...values])
      return oldest
    },

    /** Ends a user's active sessions except one, and returns those that it ended. */
    async endOthers(
      tx: Statements,
      { userId, except }: { userId: string; except: string },
      now: Date,
    ): Promise<{ id: string; lastJti: string }[]> {
      const others = await tx.select<{ id: string; lastJti: string }>(
        `SELECT s.id, s.last_jti AS lastJti FROM sessions s WHERE s.user_id = ? AND s.id <> ? AND ${ACTIVE} FOR UPDATE`,
        [userId, except, now],
      )
      if (others.length === 0) return []
      const { list, values } = listOf(others.map(({ id }) => id))
      await tx.write(`UPDATE sessions SET ended_at = ? WHERE id IN (${list})`, [now, ...values])
      return others
    },

    /** Deletes up to `limit` sessions that ended or expired before `before`. */
    async purge(before: Date, limit: number): Promise<number> {
      const ended = await write(`DELETE FROM sessions WHERE ended_at < ? LIMIT ${limit}`, [before])
      return ended + (await write(`DELETE FROM sessions WHERE expires_at < ? LIMIT ${limit}`, [before]))
    },
  }
}

// Inserts the session of a sign-in.
import type { Amr } from '@postern/contract/claims'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Statements } from '@postern/service/database/statements'
import { ACTIVE } from './sessions.js'
import {
  JOIN_USERNAME,
  toUserRecord,
  USER_COLUMNS,
  type UserRecord,
  type UserRow,
  type UserVersion,
} from '../database/user-record.js'

export interface NewSession {
  id: string
  refreshSeed: Buffer
  lastJti: string
  ipAddress: string | null
  userAgent: string | null
  /** When and how the person has proved who they are. */
  authTime: Date
  amr: readonly Amr[]
  /** The thumbprint of the key that the session is bound to. Null: to none. */
  dpopKey: string | null
  now: Date
  expiresAt: Date
  absoluteExpiresAt: Date
}

/** The user at the time of the sign-in, and how many sessions they have, the new one included. */
export interface SignIn {
  user: UserRecord
  sessionCount: number
}

const RECORD_LOGIN = `UPDATE users SET last_login_at = ?, event_seq = event_seq + ?
  WHERE id = ? AND generation = ? AND disabled_at IS NULL`

const INSERT = `INSERT INTO sessions (id, user_id, generation, refresh_seed, last_jti, ip_address, user_agent,
    rotated_at, created_at, last_used_at, auth_time, expires_at, absolute_expires_at, amr, dpop_jkt)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

const SELECT = `SELECT ${USER_COLUMNS},
    (SELECT COUNT(*) FROM sessions s WHERE s.user_id = u.id AND ${ACTIVE}) AS sessionCount
  FROM users u ${JOIN_USERNAME} WHERE u.id = ?`

export type SignInRepository = ReturnType<typeof createSignInRepository>

/** Uses mysql2, for writes too: docs/adr/0002-two-drivers.md. */
export function createSignInRepository(transaction: MysqlTransaction) {
  return {
    /**
     * Starts a session and records the time with the user. Returns null if their password, role or state has changed since
     * they were read. The user's row is locked, so each of several sign-ins at once counts those before it. `record`
     * writes what else belongs to the sign-in, such as its `events`, which are numbered here.
     */
    async insert(
      { id: userId, generation }: UserVersion,
      session: NewSession,
      { events, record }: { events: number; record: (tx: Statements) => Promise<void> },
    ): Promise<SignIn | null> {
      const { id, refreshSeed, lastJti, ipAddress, userAgent, authTime, amr, dpopKey, ...times } = session
      const { now, expiresAt, absoluteExpiresAt } = times
      return transaction(async (tx) => {
        if ((await tx.write(RECORD_LOGIN, [now, events, userId, generation])) === 0) return null
        await tx.write(INSERT, [
          ...[id, userId, generation, refreshSeed, lastJti, ipAddress, userAgent],
          ...[now, now, now, authTime, expiresAt, absoluteExpiresAt, amr.join(','), dpopKey],
        ])
        await record(tx)
        const [row] = await tx.select<UserRow & { sessionCount: number }>(SELECT, [now, userId])
        if (!row) return null
        const { sessionCount, ...user } = row
        return { user: toUserRecord(user), sessionCount }
      })
    },
  }
}

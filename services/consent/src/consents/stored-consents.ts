// The current consents: rows that the history explains.
import type { Read } from '@postern/service/database/reads'
import type { Statements } from '@postern/service/database/statements'
import { readScopes, writeScopes } from '../history/stored-entry.js'
import type { ConsentRow } from './consent.js'

const COLUMNS = `c.id, c.user_id AS userId, c.purpose, c.state, c.scopes, c.text_version AS textVersion, c.language,
  c.text_hash AS textHash, c.granted_at AS grantedAt, c.expires_at AS expiresAt, c.revoked_at AS revokedAt, c.jurisdiction,
  c.sequence`

/** All of a user, and the database's time, also without any. */
const OF_USER = `SELECT UTC_TIMESTAMP(3) AS now, ${COLUMNS} FROM (SELECT 1) one LEFT JOIN consents c ON c.user_id = ?`

const SAVE = `INSERT INTO consents (id, user_id, purpose, state, scopes, text_version, language, text_hash, granted_at, expires_at,
    revoked_at, jurisdiction, sequence) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON DUPLICATE KEY UPDATE state = VALUES(state), scopes = VALUES(scopes), text_version = VALUES(text_version),
    language = VALUES(language), text_hash = VALUES(text_hash), granted_at = VALUES(granted_at),
    expires_at = VALUES(expires_at), revoked_at = VALUES(revoked_at), jurisdiction = VALUES(jurisdiction),
    sequence = VALUES(sequence)`

type Stored = Omit<ConsentRow, 'scopes' | 'sequence'> & { scopes: string; sequence: string | number }
type StoredOrNothing = { now: Date } & { [Column in keyof Stored]: Stored[Column] | null }

const toConsent = ({ scopes, sequence, ...row }: Stored): ConsentRow => ({
  ...row,
  scopes: readScopes(scopes),
  sequence: Number(sequence),
})

/** What a user has, at the database's time `now`. */
export interface ConsentsOfUser {
  readonly now: Date
  /** By purpose. */
  readonly consents: readonly ConsentRow[]
}

function toConsents(rows: readonly StoredOrNothing[]): ConsentsOfUser {
  const [first] = rows
  if (!first) throw new Error('The database has returned no time.')
  const consents = rows.flatMap(({ now: _, ...row }) => (row.id === null ? [] : toConsent(row as Stored)))
  return { now: first.now, consents }
}

export type StoredConsents = ReturnType<typeof createStoredConsents>

export function createStoredConsents(read: Read) {
  const ofUser = `${OF_USER} ORDER BY c.purpose`
  return {
    async list(userId: string): Promise<ConsentsOfUser> {
      return toConsents(await read<StoredOrNothing>(ofUser, [userId]))
    },

    async find(userId: string, purpose: string): Promise<{ now: Date; consent: ConsentRow | null }> {
      const rows = await read<StoredOrNothing>(`${OF_USER} AND c.purpose = ?`, [userId, purpose])
      const { now, consents } = toConsents(rows)
      return { now, consent: consents[0] ?? null }
    },

    /** The transaction holds the lock of the user's history. */
    async listLocked(tx: Statements, userId: string): Promise<ConsentsOfUser> {
      return toConsents(await tx.select<StoredOrNothing>(ofUser, [userId]))
    },

    async save(tx: Statements, consent: ConsentRow): Promise<void> {
      await tx.write(SAVE, [
        ...[consent.id, consent.userId, consent.purpose, consent.state, writeScopes(consent.scopes)],
        ...[consent.textVersion, consent.language, consent.textHash, consent.grantedAt, consent.expiresAt],
        ...[consent.revokedAt, consent.jurisdiction, String(consent.sequence)],
      ])
    },

    /** Users with a consent whose time is over, and that is not recorded yet. */
    async usersWithOver(after: string, limit: number): Promise<string[]> {
      const rows = await read<{ userId: string }>(
        `SELECT DISTINCT user_id AS userId FROM consents
         WHERE state = 'GRANTED' AND expires_at <= UTC_TIMESTAMP(3) AND user_id > ? ORDER BY user_id LIMIT ?`,
        [after, String(limit)],
      )
      return rows.map(({ userId }) => userId)
    },

    async deleteAll(tx: Statements, userId: string): Promise<void> {
      await tx.write('DELETE FROM consents WHERE user_id = ?', [userId])
    },

    /** Those whose last entry is deleted. */
    async deleteThrough(tx: Statements, userId: string, sequence: number): Promise<void> {
      await tx.write('DELETE FROM consents WHERE user_id = ? AND sequence <= ?', [userId, String(sequence)])
    },
  }
}

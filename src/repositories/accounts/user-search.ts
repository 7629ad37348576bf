// Reads users by the beginning of their email address or username. Each statement reads as many rows of an index as it returns.
import type { Read } from '@postern/service/database/reads'
import { JOIN_USERNAME, toUserRecord, USER_COLUMNS, type UserRecord, type UserRow } from '../database/user-record.js'

/** A pattern in which nothing of the text is a wildcard. A backslash escapes only in some SQL modes. */
const STARTS_WITH = "LIKE ? ESCAPE '|'"
const patternOf = (start: string): string => `${start.replace(/[|%_]/g, '|$&')}%`

export type UserSearchRepository = ReturnType<typeof createUserSearchRepository>

export function createUserSearchRepository(read: Read) {
  return {
    /** Those whose folded address starts with the text, in alphabetical order. */
    async byEmail(start: string, limit: number): Promise<UserRecord[]> {
      const rows = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM users u FORCE INDEX (users_email_key) ${JOIN_USERNAME}
         WHERE u.email_key ${STARTS_WITH} ORDER BY u.email_key LIMIT ?`,
        [patternOf(start), String(limit)],
      )
      return rows.map(toUserRecord)
    },

    /** Those whose canonical username starts with the text, which is ASCII, in alphabetical order. */
    async byUsername(start: string, limit: number): Promise<UserRecord[]> {
      const rows = await read<UserRow>(
        `SELECT ${USER_COLUMNS} FROM usernames n FORCE INDEX (usernames_state_username_key)
         STRAIGHT_JOIN users u ON u.id = n.user_id
         WHERE n.state = 'OWNED' AND n.username_key ${STARTS_WITH} ORDER BY n.username_key LIMIT ?`,
        [patternOf(start), String(limit)],
      )
      return rows.map(toUserRecord)
    },
  }
}

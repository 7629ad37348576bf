// Reads histories.
import type { Read } from '@postern/service/database/reads'
import type { Entry } from './entry.js'
import { HEAD_COLUMNS, type HeadRow, toHead } from './stored-head.js'
import { type EntryRow, readScopes, SELECT_ENTRY, toEntry } from './stored-entry.js'
import type { CurrentConsent, Head } from './verification.js'

type StateRow = HeadRow & {
  [Column in keyof CurrentConsent]: CurrentConsent[Column] | null
} & { consentScopes: string | null; consentSequence: string | number | null; newest: string | number | null }

/** What is stored of a user, all at one time. */
export interface StoredState {
  readonly head: Head
  readonly current: readonly CurrentConsent[]
  /** The highest number of an entry. 0 without any. */
  readonly newest: number
}

export type Histories = ReturnType<typeof createHistories>

export function createHistories(read: Read) {
  return {
    /** Entries after `after` and up to `through`, the oldest first. */
    async between(userId: string, after: number, through: number, limit: number): Promise<Entry[]> {
      const rows = await read<EntryRow>(
        `${SELECT_ENTRY} WHERE e.user_id = ? AND e.sequence > ? AND e.sequence <= ? ORDER BY e.sequence LIMIT ?`,
        [userId, String(after), String(through), String(limit)],
      )
      return rows.map(toEntry)
    },

    /** Entries before `before`, of one purpose or of all, the newest first. */
    async before(userId: string, purpose: string | null, before: number, limit: number): Promise<Entry[]> {
      const [condition, values] = purpose === null ? ['', []] : ['AND e.purpose = ?', [purpose]]
      const rows = await read<EntryRow>(
        `${SELECT_ENTRY} WHERE e.user_id = ? AND e.sequence < ? ${condition} ORDER BY e.sequence DESC LIMIT ?`,
        [userId, String(before), ...values, String(limit)],
      )
      return rows.map(toEntry)
    },

    /** The highest number of an entry. 0 without any. */
    async newest(userId: string): Promise<number> {
      const rows = await read<{ newest: string | number | null }>(
        'SELECT MAX(sequence) AS newest FROM consent_history WHERE user_id = ?',
        [userId],
      )
      return Number(rows[0]?.newest ?? 0)
    },

    /** Every purpose that an entry is about. */
    async purposes(userId: string): Promise<string[]> {
      const rows = await read<{ purpose: string }>('SELECT DISTINCT purpose FROM consent_history WHERE user_id = ?', [
        userId,
      ])
      return rows.map(({ purpose }) => purpose)
    },

    /** By one statement. Null if there is no head. */
    async state(userId: string): Promise<StoredState | null> {
      const rows = await read<StateRow>(
        `SELECT ${HEAD_COLUMNS}, c.purpose, c.state, c.sequence AS consentSequence, c.id, c.scopes AS consentScopes,
           c.text_version AS textVersion, c.expires_at AS expiresAt,
           (SELECT MAX(e.sequence) FROM consent_history e WHERE e.user_id = h.user_id) AS newest
         FROM consent_chains h LEFT JOIN consents c ON c.user_id = h.user_id WHERE h.user_id = ?`,
        [userId],
      )
      const [first] = rows
      if (!first) return null
      const current = rows.flatMap((row) => toCurrent(row) ?? [])
      return { head: toHead(first), current, newest: Number(first.newest ?? 0) }
    },

    /** Whether there are consents or entries of a user. */
    async hasAny(userId: string): Promise<boolean> {
      const tables = ['consents', 'consent_history'].map(
        (table) => `(SELECT 1 FROM ${table} WHERE user_id = ? LIMIT 1)`,
      )
      return (await read(tables.join(' UNION ALL '), [userId, userId])).length > 0
    },
  }
}

function toCurrent(row: StateRow): CurrentConsent | null {
  const { purpose, state, id, textVersion, expiresAt, consentScopes, consentSequence } = row
  if (purpose === null || state === null || id === null || textVersion === null || expiresAt === null) return null
  return {
    ...{ purpose, state, id, textVersion, expiresAt },
    scopes: readScopes(consentScopes ?? ''),
    sequence: Number(consentSequence),
  }
}

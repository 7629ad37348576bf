// Reads whether consents are valid, from the primary.
import type { Read } from '@postern/service/database/reads'
import type { ConsentState, ConsentFacts } from '../consents/consent.js'
import { readScopes } from '../history/stored-entry.js'
import { fromPair, pairOf } from './denied-cache.js'

/** What a question needs to know of a consent. */
export interface StoredFacts extends ConsentFacts {
  readonly id: string
  readonly expiresAt: Date
}

const COLUMNS = `c.user_id AS userId, c.purpose, c.id, c.state, c.scopes, c.text_version AS textVersion, c.expires_at AS expiresAt,
  c.expires_at <= UTC_TIMESTAMP(3) AS isOver`

const ONE = `SELECT ${COLUMNS} FROM consents c WHERE c.user_id = ? AND c.purpose = ?`

/**
 * One statement for any number of pairs, each of which is one look-up in the primary key. With row constructors in IN, MariaDB
 * took twice as long for 1,000, and there would be a statement for each number.
 */
const MANY = `SELECT STRAIGHT_JOIN ${COLUMNS} FROM JSON_TABLE(?, '$[*]' COLUMNS (
    user_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin PATH '$[0]',
    purpose VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin PATH '$[1]'
  )) q JOIN consents c ON c.user_id = q.user_id AND c.purpose = q.purpose`

interface FactsRow {
  userId: string
  purpose: string
  id: string
  state: ConsentState
  scopes: string
  textVersion: number
  expiresAt: Date
  isOver: number
}

const toFacts = ({ id, state, scopes, textVersion, expiresAt, isOver }: FactsRow): StoredFacts => ({
  ...{ id, state, textVersion, expiresAt },
  scopes: readScopes(scopes),
  isOver: isOver === 1,
})

export type FindFacts = (pairs: readonly string[]) => Promise<Map<string, StoredFacts>>

/** By pair. Those that do not exist are missing. Throws SERVICE_UNAVAILABLE if the database is unavailable. */
export const createFindFacts =
  (read: Read): FindFacts =>
  async (pairs) => {
    const [first] = pairs
    const rows =
      pairs.length === 1 && first !== undefined
        ? await read<FactsRow>(ONE, fromPair(first))
        : await read<FactsRow>(MANY, [JSON.stringify(pairs.map(fromPair))])
    return new Map(rows.map((row) => [pairOf(row.userId, row.purpose), toFacts(row)]))
  }

// Fills the column that keeps a mailbox unique, for rows that earlier versions wrote.
import type { Connection } from '@postern/service/database/mysql'
import { internationalEmail } from '../../platform/emails.js'

/** Two accounts of one mailbox, by id: `owner` has the unique key. */
export interface SharedMailbox {
  owner: string
  other: string
}

interface Row {
  id: string
  email_key: string
}

const BATCH = 512
const DUPLICATE = 1062

/**
 * Computes the missing keys, oldest account first. Can run while the service does, and as often as you like. Returns the
 * accounts whose mailbox another account has: they stay as they are.
 */
export async function assignInternationalEmails(connection: Connection): Promise<SharedMailbox[]> {
  const shared: SharedMailbox[] = []
  for (let after = ''; ;) {
    // A domain that is international has other characters than ASCII, or a label that begins with xn--.
    const [rows] = await connection.execute(
      `SELECT id, email_key FROM users WHERE id > ? AND email_ascii IS NULL
       AND (LENGTH(email_key) <> CHAR_LENGTH(email_key) OR email_key LIKE '%xn--%') ORDER BY id LIMIT ${BATCH}`,
      [after],
    )
    const batch = rows as Row[]
    for (const row of batch) {
      const owner = await assign(connection, row)
      if (owner !== null) shared.push({ owner, other: row.id })
    }
    const last = batch.at(-1)
    if (!last || batch.length < BATCH) return shared
    after = last.id
  }
}

/** Returns the account that has the mailbox already, or null. */
async function assign(connection: Connection, { id, email_key: folded }: Row): Promise<string | null> {
  const key = internationalEmail(folded)
  if (key === null) return null
  try {
    await connection.execute('UPDATE users SET email_ascii = ? WHERE id = ? AND email_ascii IS NULL', [key, id])
    return null
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== DUPLICATE) throw error
    const [rows] = await connection.execute('SELECT id FROM users WHERE email_ascii = ?', [key])
    // None if the owner has deleted the account since: the next run assigns the key.
    return (rows as { id: string }[])[0]?.id ?? null
  }
}

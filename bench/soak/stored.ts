// Compares the database with what was acknowledged.
import type { Pool } from 'mysql2/promise'
import type { Account } from './account.ts'
import type { Ledger } from './ledger.ts'

interface Row {
  id: string
  email: string
  firstName: string
  username: string | null
  ended: number
}

/** Notes every acknowledged registration, change of a profile and logout that is not in the database. */
export async function compareWithStored(
  database: Pool,
  accounts: readonly Account[],
  ledger: Ledger,
  endedTokens: readonly string[],
): Promise<void> {
  const [rows] = (await database.query(
    `SELECT users.id, users.email, users.first_name AS firstName, usernames.display AS username
     FROM users LEFT JOIN usernames ON usernames.user_id = users.id AND usernames.state = 'OWNED'`,
  )) as unknown as [Row[]]
  const stored = new Map(rows.map((row) => [row.id, row]))
  for (const { id, email, firstName, username } of accounts) {
    const row = stored.get(id)
    if (row?.email !== email) ledger.lostWrite(`the registration of ${email}`)
    else if (!firstName.has(row.firstName)) ledger.lostWrite(`the first name of ${email}: ${row.firstName}`)
    else if (!username.has(row.username ?? '')) ledger.lostWrite(`the username of ${email}: ${row.username}`)
  }
  const [sessions] = (await database.query('SELECT id FROM sessions WHERE ended_at IS NOT NULL')) as unknown as [
    { id: string }[],
  ]
  const ended = new Set(sessions.map(({ id }) => id))
  for (const id of endedTokens.map(sessionOf)) if (!ended.has(id)) ledger.lostWrite(`the logout of the session ${id}`)
}

const sessionOf = (token: string): string =>
  (JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }).sid

// Fills a database with people who own names.
import type { Pool } from 'mysql2/promise'

const BATCH = 2000

/** One owner for each name. */
export async function claim(database: Pool, names: readonly string[]): Promise<void> {
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH).map((name, i) => ({ name, id: ownerId(start + i) }))
    const now = new Date()
    await database.query('INSERT INTO users (id, email, email_key, created_at, updated_at) VALUES ?', [
      batch.map(({ name, id }) => [id, `${name}@example.com`, `${name}@example.com`, now, now]),
    ])
    await database.query('INSERT INTO usernames (username_key, display, user_id, state) VALUES ?', [
      batch.map(({ name, id }) => [name, name, id, 'OWNED']),
    ])
  }
}

/** Sorts as it counts, as a UUIDv7 does. */
const ownerId = (number: number) => `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

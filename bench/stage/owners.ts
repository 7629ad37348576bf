// Fills a database with users who own usernames.
import type { Pool } from 'mysql2/promise'

const BATCH = 2000

/** Inserts one user per username. */
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

/** Ids ascend like UUIDv7s. */
const ownerId = (number: number) => `01900000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`

import { expect } from 'vitest'
import type { TestDatabase } from './database.js'

export interface StoredEntry {
  id: string
  position: number | null
  at: Date
  action: string
  result: string
  actor: string
  actor_id: string | null
  account_id: string | null
  facts: string
  commitment: string | null
  ip_address: string | null
  user_agent: string | null
  request_id: string | null
  name_mac: string | null
}

/** The entries about an account, or of an action, in the order in which they were written. */
export const storedEntries = (database: TestDatabase, by: { account: string } | { action: string }) =>
  database.query<StoredEntry>(
    `SELECT e.*, d.ip_address, d.user_agent, d.request_id, d.name_mac FROM audit_entries e
     LEFT JOIN audit_details d ON d.entry_id = e.id WHERE ${'account' in by ? 'e.account_id' : 'e.action'} = ? ORDER BY e.id`,
    ['account' in by ? by.account : by.action],
  )

/** The entries about a user after those of their sign-up. */
export async function entriesAfterSignUp(database: TestDatabase, { id }: { id: string }): Promise<StoredEntry[]> {
  const [registered, signedIn, ...later] = await storedEntries(database, { account: id })
  expect([registered?.action, signedIn?.action]).toEqual(['REGISTER', 'LOGIN'])
  return later
}

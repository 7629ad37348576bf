// Single writes through mysql2.
import type { ResultSetHeader } from 'mysql2/promise'
import { type Guard, unguarded } from '../breakers.js'
import type { WithConnection } from './connections.js'
import { retryDeadlocks } from './retries.js'
import type { Values } from './statements.js'

/**
 * Runs one prepared statement, which is committed when this resolves, and returns the number of rows that match its
 * condition, changed or not. Repeats it after a deadlock. Throws SERVICE_UNAVAILABLE if the database is unavailable: then it
 * may have been committed.
 */
export type Write = (sql: string, values: Values) => Promise<number>

/** `onReadOnly` is called when the server refused a write because it is read-only. */
export function createWrite(
  withConnection: WithConnection,
  { guard = unguarded, onReadOnly }: { guard?: Guard; onReadOnly?: () => void } = {},
): Write {
  const once = (sql: string, values: Values) =>
    withConnection(async (connection, bounded) => {
      const [{ affectedRows }] = await bounded(connection.execute<ResultSetHeader>(sql, values))
      return affectedRows
    })
  return (sql, values) => retryDeadlocks(() => guard(() => once(sql, values)), onReadOnly)
}

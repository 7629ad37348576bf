// Transactions through mysql2, for the hot write of a login and for many rows at once.
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { createStatementSequence } from '../../clients/statement-sequence.js'
import type { WithConnection } from './connections.js'
import { type Guard, unguarded } from '../../platform/breakers.js'
import { retryDeadlocks } from './retries.js'
import type { Statements, Values } from './statements.js'

/**
 * Like {@link Transactions}, but without Prisma: after the hash, this write is the most expensive part of a login. `work`
 * may run again, so it must only do database work. After a failed statement, every later one is refused and nothing is
 * written. Throws SERVICE_UNAVAILABLE if the database is unavailable.
 */
export type MysqlTransaction = <T>(work: (tx: Statements) => Promise<T>) => Promise<T>

/**
 * The pool's connections use READ COMMITTED: see clients/mysql.ts. `onReadOnly` is called when the server refused a write
 * because it is read-only.
 */
export function createMysqlTransaction(
  withConnection: WithConnection,
  { guard = unguarded, onReadOnly }: { guard?: Guard; onReadOnly?: () => void } = {},
): MysqlTransaction {
  const once = <T>(work: (tx: Statements) => Promise<T>) =>
    withConnection(async (connection, bounded) => {
      await bounded(connection.beginTransaction())
      const statements = createStatementSequence()
      const result = await work({
        async select<Row>(sql: string, values: Values) {
          const [rows] = await statements.run(() => bounded(connection.execute<RowDataPacket[]>(sql, values)))
          return rows as Row[]
        },
        async write(sql, values) {
          const [{ affectedRows }] = await statements.run(() =>
            bounded(connection.execute<ResultSetHeader>(sql, values)),
          )
          return affectedRows
        },
      })
      // Rejects if a statement has failed, even if `work` ignored it. Without a response it may not be committed: that is
      // an outage.
      await statements.run(() => bounded(connection.commit()))
      return result
    })

  return (work) => retryDeadlocks(() => guard(() => once(work)), onReadOnly)
}

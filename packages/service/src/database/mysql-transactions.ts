// Transactions through mysql2: prepared statements, without Prisma.
import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import { type Guard, unguarded } from '../breakers.js'
import { refuseLateWork } from '../deadlines.js'
import { createStatementSequence } from './statement-sequence.js'
import type { WithConnection } from './connections.js'
import { retryDeadlocks } from './retries.js'
import { createAfterCommit, type Statements, type Values } from './statements.js'

/**
 * Runs `work` in one READ COMMITTED transaction and resolves to its result once it is committed. `work` may run again, so it
 * must only do database work. After a failed statement, every later one is refused and nothing is written. Throws
 * SERVICE_UNAVAILABLE if the database is unavailable. For what is called often, and for many rows
 * (docs/adr/0035-prepared-statements.md); {@link Transactions} for the rest.
 */
export type MysqlTransaction = <T>(work: (tx: Statements) => Promise<T>) => Promise<T>

interface Options {
  guard?: Guard
  /** Called when the server refused a write because it is read-only. */
  onReadOnly?: () => void
  /** Of the pool: without it, each transaction begins with its first statement. */
  autocommit?: boolean
}

/** The pool's connections use READ COMMITTED: see mysql.ts. */
export function createMysqlTransaction(
  withConnection: WithConnection,
  { guard = unguarded, onReadOnly, autocommit = true }: Options = {},
): MysqlTransaction {
  const once = <T>(work: (tx: Statements) => Promise<T>) =>
    withConnection(async (connection, bounded) => {
      if (autocommit) await bounded(connection.beginTransaction())
      const statements = createStatementSequence()
      const afterCommit = createAfterCommit()
      const run = <Rows extends RowDataPacket[] | ResultSetHeader>(sql: string, values: Values) =>
        statements.run(() => {
          refuseLateWork()
          return bounded(connection.execute<Rows>(sql, values))
        })
      const result = await work({
        async select<Row>(sql: string, values: Values) {
          const [rows] = await run<RowDataPacket[]>(sql, values)
          return rows as Row[]
        },
        async write(sql, values) {
          const [{ affectedRows }] = await run<ResultSetHeader>(sql, values)
          return affectedRows
        },
        afterCommit: afterCommit.add,
      })
      // Rejects if a statement has failed, even if `work` ignored it. Without a response it may not be committed: that is
      // an outage. A deadline does not stop it: nothing else is left to do.
      await statements.run(() => bounded(connection.commit()))
      afterCommit.run()
      return result
    })

  return (work) => retryDeadlocks(() => guard(() => once(work)), onReadOnly)
}

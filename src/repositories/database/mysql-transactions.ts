import type { ResultSetHeader, RowDataPacket } from 'mysql2/promise'
import type { Lend } from './connections.js'
import { retryDeadlocks } from './retries.js'

type Values = (string | number | Date | Buffer | null)[]

/** Prepared statements of one transaction. */
export interface MysqlTx {
  select<Row>(sql: string, values: Values): Promise<Row[]>
  /** The number of rows that the statement's condition met, changed or not. */
  write(sql: string, values: Values): Promise<number>
}

/**
 * What {@link Transactions} does, without Prisma: for the one write that costs a login more than all else but the hash.
 * `work` may run again, so it must do nothing but database work. Throws SERVICE_UNAVAILABLE when the database is away.
 */
export type MysqlTransaction = <T>(work: (tx: MysqlTx) => Promise<T>) => Promise<T>

/** The pool's connections are at READ COMMITTED: clients/mysql.ts. */
export function createMysqlTransaction(lend: Lend): MysqlTransaction {
  return (work) =>
    retryDeadlocks(() =>
      lend(async (connection, bounded) => {
        await bounded(connection.beginTransaction())
        const result = await work({
          async select<Row>(sql: string, values: Values) {
            const [rows] = await bounded(connection.execute<RowDataPacket[]>(sql, values))
            return rows as Row[]
          },
          async write(sql, values) {
            const [{ affectedRows }] = await bounded(connection.execute<ResultSetHeader>(sql, values))
            return affectedRows
          },
        })
        // Unanswered, it is an outage: the caller must not be told of what may not be.
        await bounded(connection.commit())
        return result
      }),
    )
}

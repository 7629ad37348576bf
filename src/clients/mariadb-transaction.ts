// A connection of the mariadb driver, for one transaction of Prisma, that refuses every statement after a failed one.
import type { PoolConnection } from 'mariadb'
import { createStatementSequence } from '@postern/service/database/statement-sequence'
import { announced, type Sql } from './mariadb-statements.js'

/** Prisma itself would let a COMMIT, and the statements before it, through after a failure. */
export function refuseAfterFailure(connection: PoolConnection): PoolConnection {
  const statements = createStatementSequence()

  async function query(sql: Sql, values?: unknown): Promise<unknown> {
    const text = typeof sql === 'string' ? sql : sql.sql
    if (text !== 'COMMIT' && text !== 'ROLLBACK')
      return statements.run(() => announced(sql, () => connection.query(sql, values)))
    const failed = await statements.failure()
    if (!failed) return announced(sql, () => connection.query(sql))
    const rollback = announced('ROLLBACK', () => connection.query('ROLLBACK'))
    if (text === 'ROLLBACK') return rollback
    // The first error says more than that of a ROLLBACK.
    await rollback.catch(() => undefined)
    throw failed.error
  }

  const replaced: Partial<Record<string | symbol, unknown>> = {
    query,
    execute: (sql: Sql, values?: unknown) =>
      statements.run(() => announced(sql, () => connection.execute(sql, values))),
  }
  return new Proxy(connection, {
    get(target, name) {
      const own = replaced[name]
      if (own !== undefined) return own
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value
    },
  })
}

import type { TestDatabase } from './database.js'
import { until } from './wait.js'

/** Resolves once some statement in the database waits for a row that another transaction holds. */
export async function lockWait(database: TestDatabase): Promise<void> {
  const sql = `SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p
    ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`
  // InnoDB refreshes this table only when nobody has looked for 0.1 s.
  await until('a statement waits for a lock', async () => (await database.query(sql)).length > 0, { every: 150 })
}

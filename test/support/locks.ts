import type { TestDatabase } from './database.js'
import { until } from './wait.js'

/** Resolves when `count` statements in the database wait for rows that other transactions hold. */
export async function lockWait(database: TestDatabase, count = 1): Promise<void> {
  const sql = `SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p
    ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`
  // InnoDB refreshes this table only if no query has read it for 0.1 s.
  const what = `${count} statements wait for a lock`
  await until(what, async () => (await database.query(sql)).length >= count, { every: 150 })
}

/** Kills the connection whose statement waits for a lock. Returns when the server has rolled back. */
export async function killWaiting(database: TestDatabase): Promise<void> {
  await lockWait(database)
  const [waiting] = await database.query<{ id: number }>(
    `SELECT p.id FROM information_schema.innodb_trx t JOIN information_schema.processlist p
     ON p.id = t.trx_mysql_thread_id WHERE p.db = DATABASE() AND t.trx_state = 'LOCK WAIT'`,
  )
  await database.query('KILL ?', [waiting?.id])
}

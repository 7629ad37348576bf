// Reads MariaDB's own counters of statements and rows.
import type { Pool, RowDataPacket } from 'mysql2/promise'

export interface Statements {
  /** Statements from clients, including prepared ones. */
  questions: number
  /** Rows sent to clients. */
  rows: number
}

export async function countStatements(database: Pool): Promise<Statements> {
  const [rows] = await database.query<RowDataPacket[]>(
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Rows_sent')",
  )
  const value = (name: string) => Number(rows.find((row) => row['Variable_name'] === name)?.['Value'])
  return { questions: value('Questions'), rows: value('Rows_sent') }
}

export const since = (now: Statements, before: Statements): Statements => ({
  questions: now.questions - before.questions,
  rows: now.rows - before.rows,
})

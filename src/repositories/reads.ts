import type { RowDataPacket } from 'mysql2/promise'
import type { Pool } from '../clients/mysql.js'
import { asDomainError } from './failures.js'

/** Runs one prepared SELECT on the primary. Throws SERVICE_UNAVAILABLE when the database is away. */
export type Read = <Row>(sql: string, values: (string | number | Date)[]) => Promise<Row[]>

export function createRead(pool: Pool, options: { timeout: number }): Read {
  const timeout = options.timeout * 1000
  return async <Row>(sql: string, values: (string | number | Date)[]) => {
    try {
      const [rows] = await pool.execute<RowDataPacket[]>({ sql, timeout }, values)
      return rows as Row[]
    } catch (error) {
      throw asDomainError(error)
    }
  }
}

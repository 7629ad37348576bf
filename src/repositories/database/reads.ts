import type { RowDataPacket } from 'mysql2/promise'
import type { Lend } from './connections.js'
import { asDomainError } from './failures.js'

/** Runs one prepared SELECT on the primary. Throws SERVICE_UNAVAILABLE when the database is away. */
export type Read = <Row>(sql: string, values: (string | number | Date)[]) => Promise<Row[]>

export function createRead(lend: Lend): Read {
  return async <Row>(sql: string, values: (string | number | Date)[]) => {
    try {
      const [rows] = await lend((connection, bounded) => bounded(connection.execute<RowDataPacket[]>(sql, values)))
      return rows as Row[]
    } catch (error) {
      throw asDomainError(error)
    }
  }
}

// Single reads through mysql2.
import type { RowDataPacket } from 'mysql2/promise'
import type { WithConnection } from './connections.js'
import { asDomainError } from './failures.js'

/** Runs one prepared SELECT on the primary. Throws SERVICE_UNAVAILABLE if the database is unavailable. */
export type Read = <Row>(sql: string, values: (string | number | Date)[]) => Promise<Row[]>

export function createRead(withConnection: WithConnection): Read {
  return async <Row>(sql: string, values: (string | number | Date)[]) => {
    try {
      const [rows] = await withConnection((connection, bounded) =>
        bounded(connection.execute<RowDataPacket[]>(sql, values)),
      )
      return rows as Row[]
    } catch (error) {
      throw asDomainError(error)
    }
  }
}

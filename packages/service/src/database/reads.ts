// Single reads through mysql2.
import type { RowDataPacket } from 'mysql2/promise'
import { type Guard, unguarded } from '../breakers.js'
import { createRepetition } from '../repetition.js'
import type { WithConnection } from './connections.js'
import { asDomainError, isLostConnection } from './failures.js'

/**
 * Runs one prepared SELECT on the primary, and again on another connection if its own was lost. Throws SERVICE_UNAVAILABLE
 * if the database is unavailable.
 */
export type Read = <Row>(sql: string, values: (string | number | Date)[]) => Promise<Row[]>

const repeated = createRepetition(isLostConnection)

export function createRead(withConnection: WithConnection, guard: Guard = unguarded): Read {
  return async <Row>(sql: string, values: (string | number | Date)[]) => {
    try {
      const [rows] = await repeated(() =>
        guard(() => withConnection((connection, bounded) => bounded(connection.execute<RowDataPacket[]>(sql, values)))),
      )
      return rows as Row[]
    } catch (error) {
      throw asDomainError(error)
    }
  }
}

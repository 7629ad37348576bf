import type { RowDataPacket } from 'mysql2/promise'
import type { Pool } from '../clients/mysql.js'
import { asDomainError } from './failures.js'

/** Runs one prepared SELECT on the primary. Throws SERVICE_UNAVAILABLE when the database is away. */
export type Read = <Row>(sql: string, values: (string | number | Date)[]) => Promise<Row[]>

/** `timeout` in seconds bounds the wait for a connection, and then the wait for the answer. */
export function createRead(pool: Pool, options: { timeout: number }): Read {
  async function execute(sql: string, values: (string | number | Date)[]): Promise<RowDataPacket[]> {
    const waiting = pool.getConnection()
    const connection = await within(options.timeout, waiting, () => {
      void waiting.then((late) => late.release()).catch(() => undefined)
    })
    // The driver's own time-out does not cover the preparing of a statement. What did not answer is thrown away.
    try {
      const [rows] = await within(options.timeout, connection.execute<RowDataPacket[]>(sql, values))
      connection.release()
      return rows
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  return async <Row>(sql: string, values: (string | number | Date)[]) => {
    try {
      return (await execute(sql, values)) as Row[]
    } catch (error) {
      throw asDomainError(error)
    }
  }
}

async function within<T>(seconds: number, work: Promise<T>, onTimeout?: () => void): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onTimeout?.()
      reject(new Error('ETIMEDOUT: the database did not answer in time'))
    }, seconds * 1000)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

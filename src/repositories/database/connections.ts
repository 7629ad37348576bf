import type { PoolConnection } from 'mysql2/promise'
import type { Pool } from '../../clients/mysql.js'
import { withTimeout } from '../../platform/timeout.js'

/** Waits for one answer of the database, and no longer than it may take. */
export type Bounded = <Answer>(answer: Promise<Answer>) => Promise<Answer>

/**
 * Lends a connection of the pool for as long as `work` takes. One whose work fails is thrown away and never used again:
 * nobody knows what it would answer next. What the server had not committed by then, it rolls back.
 */
export type Lend = <T>(work: (connection: PoolConnection, bounded: Bounded) => Promise<T>) => Promise<T>

/** `timeout` in seconds bounds the wait for a connection, and then the wait for each answer. */
export function createLend(pool: Pool, { timeout }: { timeout: number }): Lend {
  // The driver's own time-out does not cover the preparing of a statement.
  const bounded: Bounded = (answer) => within(timeout, answer)

  return async (work) => {
    const waiting = pool.getConnection()
    const connection = await within(timeout, waiting, () => {
      void waiting.then((late) => late.release()).catch(() => undefined)
    })
    try {
      const result = await work(connection, bounded)
      connection.release()
      return result
    } catch (error) {
      connection.destroy()
      throw error
    }
  }
}

/** Rejects with an error that failures.ts takes for an outage. */
const within = <T>(seconds: number, work: Promise<T>, onTimeout?: () => void): Promise<T> =>
  withTimeout(work, seconds * 1000, () => {
    onTimeout?.()
    throw new Error('ETIMEDOUT: the database did not respond in time')
  })

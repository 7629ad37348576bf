// Runs work on a connection of a mysql2 pool, with a limit on its waits.
import type { PoolConnection } from 'mysql2/promise'
import { withTimeout } from '@postern/contract/timeout'
import { refuseLateWork } from '../deadlines.js'
import type { Pool } from './mysql.js'

/** Waits for one response of the database, but not beyond the time that the work has. */
export type Bounded = <T>(response: Promise<T>) => Promise<T>

/**
 * Runs `work` on a connection of the pool. If the work fails, the connection is closed, because its state is unknown; the
 * server then rolls back what was not committed.
 */
export type WithConnection = <T>(work: (connection: PoolConnection, bounded: Bounded) => Promise<T>) => Promise<T>

/** `timeout` in seconds limits the wait for a connection and for all responses together. */
export function createWithConnection(pool: Pool, { timeout }: { timeout: number }): WithConnection {
  return async (work) => {
    refuseLateWork()
    const deadline = performance.now() + timeout * 1000
    // The driver's own time-out does not cover preparing a statement. Node.js warns of a timer for less than nothing.
    const bounded: Bounded = (response) => within(Math.max(0, deadline - performance.now()), response)
    const waiting = pool.getConnection()
    const connection = await within(timeout * 1000, waiting, () => {
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
export const within = <T>(milliseconds: number, work: Promise<T>, onTimeout?: () => void): Promise<T> =>
  withTimeout(work, milliseconds, () => {
    onTimeout?.()
    throw new Error('ETIMEDOUT: the database did not respond in time')
  })

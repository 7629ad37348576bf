// The lock that makes one process of a deployment the relay.
import { createHash } from 'node:crypto'
import type { Connection } from '../../clients/mysql.js'

/** How long the server may take to answer whether this process has the lock. */
const LOCK_TIMEOUT_MS = 5000

/** A holder that hangs or is cut off must not keep the lock: the server closes its connection after this time. */
const LOCK_KEPT_SECONDS = 5

export type RelayLock = ReturnType<typeof createRelayLock>

/**
 * An advisory lock in MySQL, held by one process of a deployment. It belongs to a separate connection, which `open` opens,
 * so the server frees it when the process dies.
 */
export function createRelayLock(open: () => Promise<Connection>, databaseName: string) {
  // MySQL allows 64 characters. Advisory locks belong to the server, not to the database.
  const name = `postern-relay-${createHash('sha256').update(databaseName).digest('hex').slice(0, 32)}`
  let connection: Connection | null = null

  async function openShortLived(): Promise<Connection> {
    const opened = await open()
    await opened.query(`SET SESSION wait_timeout = ${LOCK_KEPT_SECONDS}`)
    return opened
  }

  const close = () => {
    connection?.destroy()
    connection = null
  }

  return {
    /** Tries to get the lock. Returns true if this process holds it now. Rejects if MySQL is unavailable. */
    async hold(): Promise<boolean> {
      try {
        connection ??= await openShortLived()
        const sql = 'SELECT COALESCE(IS_USED_LOCK(?) = CONNECTION_ID(), 0) OR GET_LOCK(?, 0) AS held'
        const [rows] = await connection.query({ sql, values: [name, name], timeout: LOCK_TIMEOUT_MS })
        return Boolean((rows as { held: number }[])[0]?.held)
      } catch (error) {
        close()
        throw error
      }
    },

    /** Releases the lock by closing its connection. */
    close,
  }
}

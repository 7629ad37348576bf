import { createHash } from 'node:crypto'
import type { Connection } from '../../clients/mysql.js'

export type RelayLock = ReturnType<typeof createRelayLock>

/**
 * An advisory lock in MySQL that one process of a deployment holds. It lives on a connection of its own, so the server
 * frees it when the process dies. `open` makes that connection.
 */
export function createRelayLock(open: () => Promise<Connection>, databaseName: string) {
  // MySQL takes 64 characters; advisory locks belong to the server, not to the database.
  const name = `postern-relay-${createHash('sha256').update(databaseName).digest('hex').slice(0, 32)}`
  let connection: Connection | null = null

  async function openShortLived(): Promise<Connection> {
    const opened = await open()
    // A holder that hangs, or whose host is cut off, must not keep the lock: the server hangs up on it after 5 s.
    await opened.query('SET SESSION wait_timeout = 5')
    return opened
  }

  const close = () => {
    connection?.destroy()
    connection = null
  }

  return {
    /** Whether this process holds the lock now, after trying for it. Rejects when MySQL is away. */
    async hold(): Promise<boolean> {
      try {
        connection ??= await openShortLived()
        const sql = 'SELECT COALESCE(IS_USED_LOCK(?) = CONNECTION_ID(), 0) OR GET_LOCK(?, 0) AS held'
        const [rows] = await connection.query({ sql, values: [name, name], timeout: 5000 })
        return Boolean((rows as { held: number }[])[0]?.held)
      } catch (error) {
        close()
        throw error
      }
    },

    /** Gives the lock back by closing its connection. */
    close,
  }
}

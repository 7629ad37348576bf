// The lock that makes one process of a deployment the relay.
import { createHash } from 'node:crypto'
import { type Connection, readServerState } from '@postern/service/database/mysql'
import type { ServerState } from '@postern/service/database/server-state'

/** How long the server may take for each answer. */
const LOCK_TIMEOUT_SECONDS = 5

/** A holder that hangs or is cut off must not keep the lock: the server closes its connection after this time. */
const LOCK_KEPT_SECONDS = 5

interface LockConnection extends ServerState {
  connection: Connection
}

export type RelayLock = ReturnType<typeof createRelayLock>

/**
 * An advisory lock in MySQL, held by one process of a deployment. It belongs to a separate connection, which `open` opens,
 * so the server frees it when the process dies. `isPrimary` returns whether new connections reach that server: a lock on a
 * demoted primary would not exclude the lock on the new one.
 */
export function createRelayLock({
  open,
  isPrimary,
  databaseName,
}: {
  open: () => Promise<LockConnection>
  isPrimary: (server: string) => Promise<boolean>
  databaseName: string
}) {
  // MySQL allows 64 characters. Advisory locks belong to the server, not to the database.
  const name = `postern-relay-${createHash('sha256').update(databaseName).digest('hex').slice(0, 32)}`
  let current: LockConnection | null = null

  async function openShortLived(): Promise<LockConnection> {
    const opened = await open()
    await opened.connection.query(`SET SESSION wait_timeout = ${LOCK_KEPT_SECONDS}`)
    return opened
  }

  const close = () => {
    current?.connection.destroy()
    current = null
  }

  async function isHeld({ connection }: LockConnection): Promise<boolean> {
    const sql = 'SELECT COALESCE(IS_USED_LOCK(?) = CONNECTION_ID(), 0) OR GET_LOCK(?, 0) AS held'
    const [rows] = await connection.query({ sql, values: [name, name], timeout: LOCK_TIMEOUT_SECONDS * 1000 })
    return Boolean((rows as { held: number }[])[0]?.held)
  }

  async function isOnPrimary({ connection, server }: LockConnection): Promise<boolean> {
    const { readOnly } = await readServerState(connection, { timeout: LOCK_TIMEOUT_SECONDS })
    return !readOnly && (await isPrimary(server))
  }

  return {
    /** Tries to get the lock. Returns true if this process holds it on the primary. Rejects if MySQL is unavailable. */
    async hold(): Promise<boolean> {
      try {
        current ??= await openShortLived()
        if (!(await isHeld(current))) return false
        if (await isOnPrimary(current)) return true
        close()
        return false
      } catch (error) {
        close()
        throw error
      }
    },

    /** Releases the lock by closing its connection. */
    close,
  }
}

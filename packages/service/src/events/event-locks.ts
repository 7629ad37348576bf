// Locks on events: while a worker processes one, no other worker does.
import { createHash } from 'node:crypto'
import type { Connection } from '../database/mysql.js'

/** How long the server may take for each answer. */
const ANSWER_MS = 5000

/** A worker that hangs or is cut off must not keep its locks: the server closes its connection after this time. */
const KEPT_SECONDS = 60

export type EventLocks = ReturnType<typeof createEventLocks>

/**
 * Advisory locks of MySQL. They belong to a separate connection, which `open` opens, so the server frees them when the
 * process dies. They keep an effect from happening twice, and nothing else depends on them.
 */
export function createEventLocks({ open }: { open: () => Promise<{ connection: Connection }> }) {
  let opening: Promise<Connection> | null = null

  async function openShortLived(): Promise<Connection> {
    const { connection } = await open()
    await connection.query(`SET SESSION wait_timeout = ${KEPT_SECONDS}`)
    return connection
  }

  function close(): void {
    const closing = opening
    opening = null
    closing?.then((connection) => connection.destroy()).catch(() => undefined)
  }

  async function ask(sql: string, key: string): Promise<boolean> {
    const used = (opening ??= openShortLived())
    try {
      const [rows] = await (await used).query({ sql, values: [nameOf(key)], timeout: ANSWER_MS })
      return (rows as { done: number | null }[])[0]?.done === 1
    } catch (error) {
      if (opening === used) close()
      throw error
    }
  }

  return {
    /** False if another process has it. The same process gets it again. */
    async tryLock(key: string): Promise<boolean> {
      const get = () => ask('SELECT GET_LOCK(?, 0) AS done', key)
      // The server has closed the connection, because it was idle.
      return get().catch(get)
    },

    /** If its connection has ended, the lock is free already. */
    async unlock(key: string): Promise<void> {
      if (opening) await ask('SELECT RELEASE_LOCK(?) AS done', key).catch(() => undefined)
    },

    close,
  }
}

/** MySQL allows 64 characters. Advisory locks belong to the server; the ids of events are unique there. */
const nameOf = (key: string) => `postern-event-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`

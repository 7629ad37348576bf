// A pool of the mariadb driver, for Prisma, that is replaced as a whole when one of its connections has to close.
import { createPool, type Pool, type PoolConfig, type SqlError } from 'mariadb'
import { breakOff, CLOSE_TIMEOUT_MS, type OpenConnections } from './open-connections.js'
import { SERVER_STATE, type ServerVariable, toServerState } from './server-state.js'

/** What the pool's events pass. The types declare another class, whose methods return promises. */
interface RawConnection {
  isValid(): boolean
  query(command: { sql: string }, resolve: (rows: ServerVariable[]) => void, reject: () => void): void
  /** Gone once the connection is closed. */
  socket?: { destroy(error?: Error): unknown }
}

/** The methods that Prisma's adapter uses. */
export type UsedPool = Pick<Pool, 'query' | 'execute' | 'getConnection' | 'end'>

/** A pool's connections, and the calls that wait for one. */
export interface PoolLoad {
  inUse: number
  idle: number
  waiting: number
}

/** After 10 s, the driver itself would destroy what is still in use. */
const END_TIMEOUT_MS = 9000

/** The pool was closed before the statement got a connection. */
const NOT_STARTED = new Set([45027, 45035, 45037])

/**
 * The driver can't take a single connection out of its pool: it identifies them by their thread, a number that two
 * servers can both assign, and the `destroy()` of a busy one sends KILL for that number to whichever server the address
 * leads to now. Its pools end in order: connections in use finish first.
 */
export function createMariadbPool(config: PoolConfig, connections: OpenConnections): UsedPool & { load(): PoolLoad } {
  let current = open()

  function open(): Pool {
    const pool = createPool(config)
    const raws = new Set<RawConnection>()
    pool.on('connection', (connection) => {
      const raw = connection as unknown as RawConnection
      for (const other of raws) if (!other.isValid()) raws.delete(other)
      raws.add(raw)
      const entry = connections.add({
        isOpen: () => raw.isValid(),
        close(urgent) {
          if (pool === current) current = open()
          // Rejects if it has ended before.
          void pool.end().catch(() => undefined)
          const breakOffAll = () => raws.forEach(({ socket }) => breakOff(socket))
          setTimeout(breakOffAll, urgent ? CLOSE_TIMEOUT_MS : END_TIMEOUT_MS).unref()
        },
      })
      raw.query(
        { sql: SERVER_STATE },
        (rows) => {
          const state = toServerState(rows)
          entry.server = state.server
          connections.sighted(state)
        },
        () => undefined,
      )
    })
    return pool
  }

  /** Repeats on the new pool what waited for a connection of a pool that was replaced. */
  async function onCurrent<T>(run: (pool: Pool) => Promise<T>): Promise<T> {
    const pool = current
    try {
      return await run(pool)
    } catch (error) {
      if (pool === current || !NOT_STARTED.has(Number((error as SqlError).errno))) throw error
      return run(current)
    }
  }

  return {
    query: (sql, values) => onCurrent((pool) => pool.query(sql, values)),
    execute: (sql, values) => onCurrent((pool) => pool.execute(sql, values)),
    getConnection: () => onCurrent((pool) => pool.getConnection()),
    end: () => current.end(),
    load: () => ({
      inUse: current.activeConnections(),
      idle: current.idleConnections(),
      waiting: current.taskQueueSize(),
    }),
  }
}

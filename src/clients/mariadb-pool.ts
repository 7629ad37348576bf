// A pool of the mariadb driver, for Prisma, that is replaced as a whole when one of its connections has to close.
import { connect, type Socket } from 'node:net'
import { createPool, type Pool, type PoolConfig, type SqlError } from 'mariadb'
import type { PoolLoad } from '@postern/service/connection-metrics'
import { breakOff, CLOSE_TIMEOUT_MS, type OpenConnections } from '@postern/service/database/open-connections'
import { SERVER_STATE, type ServerVariable, toServerState } from '@postern/service/database/server-state'
import { refuseAfterFailure } from './mariadb-transaction.js'
import './mariadb-sockets.js'
import { announced } from './mariadb-statements.js'

/** The methods that Prisma's adapter uses. */
export type UsedPool = Pick<Pool, 'query' | 'execute' | 'getConnection' | 'end'>

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
    const sockets = new Set<Socket>()
    const pool = createPool({ ...config, stream: (use) => use(undefined, recorded(connectTo(config), sockets)) })
    pool.on('connection', (connection) => {
      const entry = connections.add({
        isOpen: () => connection.isValid(),
        close(urgent) {
          if (pool === current) current = open()
          // Rejects if it has ended before.
          void pool.end().catch(() => undefined)
          setTimeout(() => sockets.forEach(breakOff), urgent ? CLOSE_TIMEOUT_MS : END_TIMEOUT_MS).unref()
        },
      })
      void connection.query<ServerVariable[]>(SERVER_STATE).then(
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
    query: (sql, values) => onCurrent((pool) => announced(sql, () => pool.query(sql, values))),
    execute: (sql, values) => onCurrent((pool) => announced(sql, () => pool.execute(sql, values))),
    // Prisma takes a connection only for a transaction.
    getConnection: async () => refuseAfterFailure(await onCurrent((pool) => pool.getConnection())),
    end: () => current.end(),
    load: () => ({
      inUse: current.activeConnections(),
      idle: current.idleConnections(),
      waiting: current.taskQueueSize(),
    }),
  }
}

/** As the driver does it, which keeps its sockets to itself. Not called for a Unix socket, which leads to one server. */
const connectTo = ({ host = 'localhost', port = 3306 }: PoolConfig) => connect({ host, port, noDelay: true })

/** Forgets closed sockets here, not by an event: the driver removes every listener of a socket that fails. */
function recorded(socket: Socket, sockets: Set<Socket>): Socket {
  for (const known of sockets) if (known.destroyed) sockets.delete(known)
  sockets.add(socket)
  return socket
}

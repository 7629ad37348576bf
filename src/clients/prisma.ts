// Connects to MySQL with Prisma.
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import type { Pool } from 'mariadb'
import { Prisma, PrismaClient } from '../generated/prisma/client.js'
import { parseDatabaseUrl } from './database-url.js'
import { createMariadbPool, type PoolLoad, type UsedPool } from './mariadb-pool.js'
import { createOpenConnections, type OpenConnections } from './open-connections.js'

export type { PrismaClient }

/** The client of a transaction, inside `transactions.run`. */
export type Tx = Prisma.TransactionClient

/**
 * Uses the mariadb driver, and records its connections in `connections`. `timeout`, in seconds, limits each wait. `onPool` is
 * called once, with a function that returns the pool's load.
 */
export function createPrisma(
  databaseUrl: string,
  options: { poolSize: number; timeout: number; onPool?: (load: () => PoolLoad) => void },
  connections: OpenConnections = createOpenConnections(),
): PrismaClient {
  const { ssl, ...server } = parseDatabaseUrl(databaseUrl)
  const timeoutMs = options.timeout * 1000
  const pool = createMariadbPool(
    {
      ...server,
      ...(ssl && { ssl }),
      connectionLimit: options.poolSize,
      // A pool without connections may never recover after a restart of the server.
      minimumIdle: 1,
      minDelayValidation: 0,
      acquireTimeout: timeoutMs,
      connectTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      // Keeps values out of error messages.
      logParam: false,
      // What the adapter sets for a pool that it creates.
      prepareCacheLength: 0,
    },
    connections,
  )
  options.onPool?.(() => pool.load())
  return new PrismaClient({
    adapter: new PrismaMariaDb(pool as UsedPool as Pool, { disposeExternalPool: true }),
    errorFormat: 'minimal',
    // A burst waits for a connection instead of failing: 200 sign-ups at once take longer than Prisma's default of 2 s.
    transactionOptions: {
      isolationLevel: Prisma.TransactionIsolationLevel.ReadCommitted,
      maxWait: 2 * timeoutMs,
      timeout: 2 * timeoutMs,
    },
  })
}

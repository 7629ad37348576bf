// Connects to MySQL with Prisma.
import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import type { Pool } from 'mariadb'
import type { DatabaseServer } from '@postern/service/database/server'
import type { PoolLoad } from '@postern/service/connection-metrics'
import { createOpenConnections, type OpenConnections } from '@postern/service/database/open-connections'
import { tlsOptions } from '@postern/service/database/tls'
import { Prisma, PrismaClient } from '../generated/prisma/client.js'
import { createMariadbPool, type UsedPool } from './mariadb-pool.js'

export type { PrismaClient }

/** The client of a transaction. */
export type TransactionClient = Prisma.TransactionClient

/** Missing in the driver's types: the server must not send the service to another host. */
const OTHER_OPTIONS = { permitRedirect: false }

/**
 * Uses the mariadb driver, and records its connections in `connections`. `timeout`, in seconds, limits each wait. `onPool` is
 * called once, with a function that returns the pool's load.
 */
export function createPrisma(
  server: DatabaseServer,
  options: { poolSize: number; timeout: number; onPool?: (load: () => PoolLoad) => void },
  connections: OpenConnections = createOpenConnections(),
): PrismaClient {
  const { host, port, socketPath, user, password, database, allowPublicKeyRetrieval } = server
  const ssl = tlsOptions(server)
  const timeoutMs = options.timeout * 1000
  const pool = createMariadbPool(
    {
      ...(socketPath === undefined ? { host, port } : { socketPath }),
      user,
      password,
      database,
      allowPublicKeyRetrieval,
      ...(ssl && { ssl }),
      ...OTHER_OPTIONS,
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

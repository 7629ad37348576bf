import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { Prisma, PrismaClient } from '../generated/prisma/client.js'
import { parseDatabaseUrl } from './database-url.js'

export type { PrismaClient }

/** What a repository writes through inside `transactions.run`. */
export type Tx = Prisma.TransactionClient

/** Prisma over the mariadb driver: all writes and transactions. `timeout` in seconds bounds each wait. */
export function createPrisma(databaseUrl: string, options: { poolSize: number; timeout: number }): PrismaClient {
  const { ssl, ...server } = parseDatabaseUrl(databaseUrl)
  const milliseconds = options.timeout * 1000
  const adapter = new PrismaMariaDb({
    ...server,
    ...(ssl && { ssl }),
    connectionLimit: options.poolSize,
    // A pool that drops to no connections has been seen never to come back after a restart of the server.
    minimumIdle: 1,
    minDelayValidation: 0,
    acquireTimeout: milliseconds,
    connectTimeout: milliseconds,
    socketTimeout: milliseconds,
    // Values belong in no error message.
    logParam: false,
  })
  return new PrismaClient({
    adapter,
    errorFormat: 'minimal',
    // A burst queues for a connection rather than failing: 200 sign-ups at once take longer than Prisma's 2 s.
    transactionOptions: {
      isolationLevel: Prisma.TransactionIsolationLevel.ReadCommitted,
      maxWait: 2 * milliseconds,
      timeout: 2 * milliseconds,
    },
  })
}

// Transactions through Prisma.
import type { PrismaClient, Tx } from '../../clients/prisma.js'
import { retryDeadlocks } from './retries.js'

export type { Tx }

export interface Transactions {
  /**
   * Runs `work` in one READ COMMITTED transaction and resolves once it is committed. Deadlocks are repeated, so `work` must
   * only do database work. After a failed statement, every later one is refused, nothing is written and the call rejects,
   * even if `work` ignores the failure: see clients/mariadb-transaction.ts. Throws SERVICE_UNAVAILABLE if the database is unavailable.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/** `onReadOnly` is called when the server refused a write because it is read-only. */
export function createTransactions(prisma: PrismaClient, onReadOnly?: () => void): Transactions {
  return {
    run: (work) => retryDeadlocks(() => prisma.$transaction(work), onReadOnly),
  }
}

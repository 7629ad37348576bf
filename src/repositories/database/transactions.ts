import type { PrismaClient, Tx } from '../../clients/prisma.js'
import { retryDeadlocks } from './retries.js'

export type { Tx }

export interface Transactions {
  /**
   * Runs `work` in one READ COMMITTED transaction and resolves once it is committed. Deadlocks are run again, so
   * `work` must do nothing but database work. Throws SERVICE_UNAVAILABLE when the database is away.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

export function createTransactions(prisma: PrismaClient): Transactions {
  return {
    run: (work) => retryDeadlocks(() => prisma.$transaction(work)),
  }
}

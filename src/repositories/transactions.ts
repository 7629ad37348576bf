import { setTimeout as sleep } from 'node:timers/promises'
import type { PrismaClient, Tx } from '../clients/prisma.js'
import { asDomainError, isWriteConflict } from './failures.js'

export type { Tx }

export interface Transactions {
  /**
   * Runs `work` in one READ COMMITTED transaction and resolves once it is committed. Deadlocks are run again, so
   * `work` must do nothing but database work. Throws SERVICE_UNAVAILABLE when the database is away.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

const ATTEMPTS = 6

export function createTransactions(prisma: PrismaClient): Transactions {
  return {
    async run(work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await prisma.$transaction(work)
        } catch (error) {
          if (!isWriteConflict(error) || attempt === ATTEMPTS) throw asDomainError(error)
          await sleep(Math.random() * 2 ** attempt * 2)
        }
      }
    },
  }
}

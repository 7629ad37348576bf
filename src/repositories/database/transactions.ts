// Transactions through Prisma.
import { type Guard, unguarded } from '@postern/service/breakers'
import { refuseLateWork } from '@postern/service/deadlines'
import { within } from '@postern/service/database/connections'
import { retryDeadlocks } from '@postern/service/database/retries'
import { createAfterCommit, type Statements } from '@postern/service/database/statements'
import type { PrismaClient, TransactionClient } from '../../clients/prisma.js'

/** Prisma's client, with the statements that every transaction offers. */
export type Tx = TransactionClient & Statements

export interface Transactions {
  /**
   * Runs `work` in one READ COMMITTED transaction and resolves once it is committed. Deadlocks are repeated, so `work` must
   * only do database work. After a failed statement, every later one is refused, nothing is written and the call rejects,
   * even if `work` ignores the failure: see clients/mariadb-transaction.ts. Throws SERVICE_UNAVAILABLE if the database is unavailable.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T>
}

/**
 * `connect` returns Prisma, which the first transaction loads. From then on, `timeout`, in seconds, limits one run: after it,
 * the outcome is unknown, because the database may still commit. `onReadOnly` is called when the server refused a write
 * because it is read-only.
 */
export function createTransactions(
  connect: () => Promise<PrismaClient>,
  { timeout, guard = unguarded, onReadOnly }: { timeout: number; guard?: Guard; onReadOnly?: () => void },
): Transactions {
  const once = async <T>(work: (tx: Tx) => Promise<T>) => {
    refuseLateWork()
    // Loading is no wait for the database: a slow machine is no outage.
    const prisma = await connect()
    const afterCommit = createAfterCommit()
    const result = await within(
      timeout * 1000,
      prisma.$transaction((client) => work(withStatements(client, afterCommit.add))),
    )
    afterCommit.run()
    return result
  }
  return {
    run: (work) => retryDeadlocks(() => guard(() => once(work)), onReadOnly),
  }
}

function withStatements(client: TransactionClient, afterCommit: Statements['afterCommit']): Tx {
  const statements: Statements = {
    afterCommit,
    select: (sql, values) => client.$queryRawUnsafe(sql, ...values),
    write: (sql, values) => client.$executeRawUnsafe(sql, ...values),
  }
  return new Proxy(client as Tx, {
    get: (target, name): unknown => Reflect.get(name in statements ? statements : target, name),
  })
}

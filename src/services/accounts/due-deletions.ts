// The job that erases accounts whose grace period is over, and then what the queues still have of them.
import { addSeconds, type Clock } from '@postern/service/clock'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { Remains } from '../../repositories/accounts/remains.js'
import type { UserRepository } from '../../repositories/accounts/users.js'
import type { Transactions } from '../../repositories/database/transactions.js'
import { SERVICE } from '../audit/index.js'
import type { EraseAccount } from './erasure.js'

/** How many a step handles. More wait for the next one. */
const BATCH = 50

/** How soon the queues are looked through again. */
const AGAIN_SECONDS = 30

export type DueDeletions = ReturnType<typeof createDueDeletions>

export function createDueDeletions({
  transactions,
  users,
  deletions,
  remains,
  eraseAccount,
  clock,
}: {
  transactions: Transactions
  users: UserRepository
  deletions: DeletionRepository
  remains: Remains
  eraseAccount: EraseAccount
  clock: Clock
}) {
  /** One transaction: a process that dies in it leaves the account as it was, for the next step of any process. */
  const eraseDue = (userId: string): Promise<void> =>
    transactions.run(async (tx) => {
      const user = await users.lock(tx, { id: userId })
      // Canceled, or erased by another process that has held the lock.
      if (!(await deletions.isDue(tx, userId, clock()))) return
      if (user) await eraseAccount(tx, user, { by: 'user', actor: SERVICE })
      else await deletions.markErased(tx, userId, clock())
    })

  async function eraseRemains(userId: string): Promise<void> {
    await remains.erase(userId)
    if (await remains.exist(userId)) await deletions.postpone(userId, addSeconds(clock(), AGAIN_SECONDS))
    else await deletions.forget(userId)
  }

  /** One that fails keeps none of the others. Rejects with the first failure. */
  async function step(): Promise<void> {
    const failures: unknown[] = []
    for (const { userId, isErased } of await deletions.listDue(clock(), BATCH))
      await (isErased ? eraseRemains(userId) : eraseDue(userId)).catch((error: unknown) => failures.push(error))
    if (failures.length > 0) throw failures[0]
  }

  return { step }
}

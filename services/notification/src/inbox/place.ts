// Puts a notification into the list in the app, which gives it a number.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { Sender } from '../deliveries/deliver.js'
import type { PeopleTable } from '../people/people-table.js'

interface Parts {
  transaction: MysqlTransaction
  people: PeopleTable
  /** Called after the commit. */
  announce: (userId: string) => void
}

/** For what was not put there when it was accepted: marketing, which needs consent first. Twice is harmless. */
export const createInboxSender = ({ transaction, people, announce }: Parts): Sender => ({
  async deliver({ notificationId, userId }) {
    if (userId === null) return { kind: 'unreachable' }
    await transaction(async (tx) => {
      const { inboxSeq } = await people.lock(tx, userId)
      const placed = await tx.write('UPDATE notifications SET inbox_seq = ? WHERE id = ? AND inbox_seq IS NULL', [
        inboxSeq + 1,
        notificationId,
      ])
      if (placed === 0) return
      await people.setInboxSeq(tx, userId, inboxSeq + 1)
      tx.afterCommit(() => announce(userId))
    })
    return { kind: 'delivered' }
  },
})

// Sends the mail about a deletion again, with the same link, to a user who tries to sign in.
import type { Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import type { DeletionRepository } from '../../repositories/accounts/deletions.js'
import type { EventTrail } from '../events/index.js'
import type { MaySend } from '../verification/index.js'

/** Call it only for someone who has proved who they are. Sends nothing if the account has had enough of these mails. */
export type RemindOfDeletion = (userId: string) => Promise<void>

export const createRemindOfDeletion =
  ({
    transaction,
    deletions,
    maySend,
    events,
    clock,
  }: {
    transaction: MysqlTransaction
    deletions: Pick<DeletionRepository, 'findLink'>
    maySend: MaySend
    events: EventTrail
    clock: Clock
  }): RemindOfDeletion =>
  (userId) =>
    transaction(async (tx) => {
      const link = await deletions.findLink(tx, userId, clock())
      if (!link || !(await maySend(tx, 'KEEP_ACCOUNT', userId))) return
      const data = { linkId: link.id, dueAt: link.dueAt.toISOString() }
      await events.record(tx, userId, { type: 'mail.deletion_link_requested', data })
    })

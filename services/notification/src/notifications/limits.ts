// How many notifications a person gets. More than that is recorded and not sent.
import type { Statements } from '@postern/service/database/statements'
import type { Category } from '../channels/channel.js'
import type { NotificationTable } from './notification-table.js'

export interface ReceiverLimitOptions {
  /** For each category. 0: no limit. */
  perHour: number
  perDay: number
}

export interface ReceiverLimits {
  areReached: (tx: Statements, userId: string, category: Category) => Promise<boolean>
}

/**
 * Counted in the transaction that stores the notification, under the lock of the person's row: exact, whichever process counts. Security
 * notices have no limit. Otherwise an attacker could first use it up, so that the notice of the attack itself is not sent.
 */
export function createReceiverLimits(
  { perHour, perDay }: ReceiverLimitOptions,
  { countRecent }: Pick<NotificationTable, 'countRecent'>,
): ReceiverLimits {
  const limits = [
    { seconds: 3600, most: perHour },
    { seconds: 86_400, most: perDay },
  ].filter(({ most }) => most > 0)

  return {
    async areReached(tx, userId, category) {
      if (category === 'SECURITY') return false
      for (const { seconds, most } of limits)
        if ((await countRecent(tx, userId, category, seconds, most)) >= most) return true
      return false
    },
  }
}

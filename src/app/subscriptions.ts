// Builds subscriptions: the announcements in Redis, and the service that follows the accounts of connections.
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createActiveSessionRepository } from '../repositories/subscriptions/active-sessions.js'
import { createAnnouncements } from '../repositories/subscriptions/announcements.js'
import type { AuditServices } from '../services/audit/index.js'
import { createSubscriptionService } from '../services/subscriptions/index.js'
import type { Stores } from './stores.js'

export function createSubscriptions({ config, stores, clock }: { config: Config; stores: Stores; clock: Clock }) {
  const announcements = createAnnouncements(stores.streamRedis, stores.connectToStream)
  return {
    /** Says that the account of this user has changed. */
    announce: (userId: string): void => {
      if (config.SUBSCRIPTIONS) announcements.announce(userId)
    },
    createService: (listing: AuditServices['listing']) =>
      createSubscriptionService({
        ...{ announcements, listing, clock },
        sessions: createActiveSessionRepository(stores.readInBackground),
      }),
    /** Sends the announcements that still wait. */
    settle: (): Promise<void> => announcements.settle(),
  }
}

// Builds subscriptions: the announcements in Redis, and the service that follows the accounts of connections.
import { parseRevocation, REVOCATION_CHANNEL } from '@postern/contract/revocations'
import { createAnnouncements } from '@postern/service/announcements'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createActiveSessionRepository } from '../repositories/subscriptions/active-sessions.js'
import type { AuditServices } from '../services/audit/index.js'
import { createSubscriptionService } from '../services/subscriptions/index.js'
import type { Stores } from './stores.js'

/** The channel of Redis for what is no revocation. */
const ACTIVITY_CHANNEL = 'postern_activity'

export function createSubscriptions({ config, stores, clock }: { config: Config; stores: Stores; clock: Clock }) {
  const announcements = createAnnouncements({
    ...{ redis: stores.streamRedis, connect: stores.connectToStream, channel: ACTIVITY_CHANNEL },
    others: { [REVOCATION_CHANNEL]: (message) => parseRevocation(message)?.sub ?? '' },
  })
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

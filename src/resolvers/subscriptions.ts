// The subscriptions: those of subscriptions.graphql, and that of notifications.graphql.
import type { SubscriptionResolvers } from '../generated/graphql.js'
import { ServiceError } from '@postern/service/errors'
import type { AuditRecord } from '../services/audit/index.js'
import type { NotificationServices, Received } from '../services/notifications/index.js'
import type { EndedSession, Watch } from '../services/subscriptions/index.js'
import type { GraphQLContext } from './context.js'
import { required } from './notifications.js'

/** Only a connection that has proved who its user is has a watch. */
function watchOf({ watch }: GraphQLContext): Watch {
  if (!watch) throw new ServiceError('UNAUTHENTICATED')
  return watch
}

export const subscriptions = (notifications: NotificationServices | null) =>
  ({
    sessionRevoked: {
      subscribe: (_, _args, context) => watchOf(context).endedSessions(),
      resolve: (event: EndedSession) => event,
    },
    accountActivity: {
      subscribe: (_, _args, context) => watchOf(context).activity(),
      resolve: (entry: AuditRecord) => entry,
    },
    notificationReceived: {
      async subscribe(_, _args, context) {
        const watch = watchOf(context)
        const { live } = required(notifications)
        return watch.follow<Received>((deliver) => live.follow(watch.userId, deliver))
      },
      resolve: (event: Received) => event,
    },
  }) satisfies SubscriptionResolvers

// The operations of subscriptions.graphql.
import { ServiceError } from '@postern/service/errors'
import type { SubscriptionResolvers } from '../generated/graphql.js'
import type { AuditRecord } from '../services/audit/index.js'
import type { EndedSession, Watch } from '../services/subscriptions/index.js'
import type { GraphQLContext } from './context.js'

/** Only a connection that has proved who its user is has a watch. */
function watchOf({ watch }: GraphQLContext): Watch {
  if (!watch) throw new ServiceError('UNAUTHENTICATED')
  return watch
}

export const subscriptions = {
  sessionRevoked: {
    subscribe: (_, _args, context) => watchOf(context).endedSessions(),
    resolve: (event: EndedSession) => event,
  },
  accountActivity: {
    subscribe: (_, _args, context) => watchOf(context).activity(),
    resolve: (entry: AuditRecord) => entry,
  },
} satisfies SubscriptionResolvers

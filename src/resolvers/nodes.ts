// The operations of nodes.graphql.
import type { QueryResolvers } from '../generated/graphql.js'
import { nodeInputs as inputs } from '../schema/nodes.inputs.js'
import { parse } from '@postern/service/input/parse'
import type { UserListing } from '../services/accounts/index.js'
import type { AuditServices } from '../services/audit/index.js'
import type { SessionService, Viewer } from '../services/sessions/index.js'
import type { WebhookServices } from '../services/webhooks/index.js'
import type { SignalServices } from '../services/signals/index.js'

export function nodeQueries(
  users: UserListing,
  sessions: SessionService,
  audit: AuditServices['listing'],
  { signals, webhooks }: { signals: SignalServices | null; webhooks: WebhookServices },
) {
  /**
   * Finds what the viewer can see, or null. It never looks up what the viewer can't see, so not even its time shows
   * whether it exists.
   */
  async function find(viewer: Viewer, ids: readonly string[]) {
    const [visibleUsers, ownSessions, entries, streams, visibleWebhooks, visibleDeliveries] = await Promise.all([
      users.findVisible(viewer, ids),
      sessions.list(viewer),
      audit.findVisible(viewer.user, ids),
      signals?.streams.findVisible(viewer.user, ids) ?? [],
      viewer.user.role === 'ADMIN' ? webhooks.webhooks.find(ids) : [],
      viewer.user.role === 'ADMIN' ? webhooks.deliveries.find(ids) : [],
    ])
    const nodes = [
      ...ownSessions.map((session) => ({ __typename: 'Session' as const, ...session })),
      ...entries.map((entry) => ({ __typename: 'AuditEntry' as const, ...entry })),
      ...visibleWebhooks.map((webhook) => ({ __typename: 'Webhook' as const, ...webhook })),
      ...visibleDeliveries.map((delivery) => ({ __typename: 'WebhookDelivery' as const, ...delivery })),
      ...streams.map((stream) => ({ __typename: 'SignalStream' as const, ...stream })),
      ...visibleUsers.map((user) => ({ __typename: 'User' as const, ...user })),
    ]
    const byId = new Map(nodes.map((node) => [node.id, node]))
    return ids.map((id) => byId.get(id) ?? null)
  }

  return {
    async node(_, { id }, context) {
      const [node] = await find(await context.viewer(), [id])
      return node ?? null
    },

    async nodes(_, args, context) {
      const viewer = await context.viewer()
      return find(viewer, parse(inputs.nodes, args).ids)
    },
  } satisfies QueryResolvers
}

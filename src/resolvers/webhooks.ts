// The operations of webhooks.graphql.
import type { MutationResolvers, QueryResolvers, WebhookResolvers } from '../generated/graphql.js'
import { parse } from '@postern/service/input/parse'
import { webhookInputs as inputs } from '../schema/webhooks.inputs.js'
import { userActor } from '../services/audit/index.js'
import type { WebhookServices } from '../services/webhooks/index.js'
import { connectionOf } from './connection.js'
import { existingId } from '../requests/existing-id.js'

export const webhookQueries = ({ webhooks, deliveries }: WebhookServices) =>
  ({
    async webhooks(_, args, context) {
      await context.admin()
      const { first, after = null, last, before = null } = parse(inputs.webhooks, args)
      return connectionOf(await webhooks.list({ after, before, backward: last != null, size: last ?? first ?? 25 }))
    },

    async webhookDeliveries(_, args, context) {
      await context.admin()
      const { status = null, first, after = null, last, before = null } = parse(inputs.webhookDeliveries, args)
      const range = { after, before, backward: last != null, size: last ?? first ?? 25 }
      return connectionOf(await deliveries.list({ webhookId: existingId(args.webhookId), status, ...range }))
    },
  }) satisfies QueryResolvers

export const webhookMutations = ({ webhooks, deliveries }: WebhookServices) =>
  ({
    async registerWebhook(_, args, context) {
      const admin = userActor(await context.admin())
      return webhooks.register(parse(inputs.registerWebhook, args.input), admin)
    },

    async updateWebhook(_, args, context) {
      const admin = userActor(await context.admin())
      return webhooks.update(existingId(args.id), parse(inputs.updateWebhook, args.input), admin)
    },

    async deleteWebhook(_, args, context) {
      const admin = userActor(await context.admin())
      await webhooks.delete(existingId(args.id), admin)
      return true
    },

    async rotateWebhookSecret(_, args, context) {
      const admin = userActor(await context.admin())
      return webhooks.rotateSecret(existingId(args.id), admin)
    },

    async testWebhook(_, args, context) {
      const admin = userActor(await context.admin())
      return deliveries.test(existingId(args.id), admin)
    },

    async replayWebhookDelivery(_, args, context) {
      const admin = userActor(await context.admin())
      return deliveries.replay(existingId(args.id), admin)
    },

    async replayWebhookDeliveries(_, args, context) {
      const admin = userActor(await context.admin())
      const { since } = parse(inputs.replayWebhookDeliveries, args)
      return deliveries.replayFailed(existingId(args.webhookId), since, admin)
    },
  }) satisfies MutationResolvers

/** The fields that GraphQL names differently from the database row. */
export const Webhook: WebhookResolvers = {
  previousSecretValidUntil: ({ previousUntil }) =>
    previousUntil !== null && previousUntil > new Date() ? previousUntil : null,
}

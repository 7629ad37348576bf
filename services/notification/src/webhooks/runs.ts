// The RPCs of webhooks.
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { WEBHOOK_EVENT_TYPES } from '@postern/contract/event-types'
import { webhookRules } from '@postern/delivery/webhooks/inputs'
import type { TakeOver } from '@postern/delivery/webhooks/taking-over'
import type { WebhookOperations } from '@postern/delivery/webhooks/webhooks'
import { type NotificationService, WebhookDeliveryStatus } from '@postern/proto/notification'
import type { CallContext } from '@postern/service/callers/call-context'
import { requireService } from '@postern/service/callers/caller'
import { requireRecentProof } from '@postern/service/callers/recent-proof'
import type { Clock } from '@postern/service/clock'
import { invalidField } from '@postern/service/errors'
import type { Runs } from '@postern/service/grpc/rpc'
import { parse } from '@postern/service/input/parse'
import { NOTIFICATION_EVENT } from '../channels/webhook/webhook.js'
import { importedWebhook } from './imports.js'
import { deliveryMessage, pageMessage, webhookMessage } from './messages.js'
import { ownerFor, type Owners, type WebhookOwner } from './owners.js'
import type { WebhookActor } from './records.js'
import { idOf, pageOf, webhookChanges } from './requests.js'

type WebhookRuns = Pick<
  Runs<typeof NotificationService, CallContext>,
  | 'registerWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'getWebhook'
  | 'listWebhooks'
  | 'findWebhooks'
  | 'rotateWebhookSecret'
  | 'testWebhook'
  | 'listWebhookDeliveries'
  | 'replayWebhookDelivery'
  | 'replayFailedWebhookDeliveries'
  | 'importWebhook'
>

/** How many webhooks there can be. */
const MOST = { deployment: 50, person: 5 }

const MOST_IDS = 100

interface Options {
  operations: (of: {
    owner: WebhookOwner
    eventTypes: readonly string[]
    limit: number
  }) => WebhookOperations<WebhookActor>
  owners: Owners
  takeOver: TakeOver
  clock: Clock
}

export function webhookRuns({ operations, owners, takeOver, clock }: Options): WebhookRuns {
  const of = (owner: WebhookOwner) =>
    owner === null
      ? operations({ owner, eventTypes: WEBHOOK_EVENT_TYPES, limit: MOST.deployment })
      : operations({ owner, eventTypes: [NOTIFICATION_EVENT], limit: MOST.person })

  /** Of a webhook that the caller may use. `isChange`: they must have proved lately who they are. */
  async function used(
    context: CallContext,
    find: (caller: WebhookActor['caller']) => WebhookOwner | Promise<WebhookOwner>,
    { isChange }: { isChange: boolean },
  ) {
    const caller = await context.caller()
    const owner = await find(caller)
    if (isChange) requireRecentProof(caller, clock)
    return { ...of(owner), owner, actor: { caller, facts: context.facts, owner } }
  }

  const usedWebhook = (context: CallContext, id: string, isChange = true) =>
    used(context, (caller) => owners.ofWebhook(caller, idOf(id)), { isChange })

  const usedDelivery = (context: CallContext, id: string) =>
    used(context, (caller) => owners.ofDelivery(caller, idOf(id)), { isChange: true })

  return {
    async registerWebhook({ url, description, eventTypes, enabled = true, userId }, context) {
      const input = { url, description, enabled, eventTypes: eventTypes.length > 0 ? eventTypes : null }
      const { webhooks, owner, actor } = await used(context, (caller) => ownerFor(caller, userId), { isChange: true })
      const { webhook, secret } = await webhooks.register(parse(webhookRules.register, input), actor)
      return { webhook: webhookMessage(webhook, owner, clock()), secret }
    },

    async updateWebhook(request, context) {
      const { webhooks, owner, actor } = await usedWebhook(context, request.webhookId)
      const changes = parse(webhookRules.update, webhookChanges(request))
      return { webhook: webhookMessage(await webhooks.update(request.webhookId, changes, actor), owner, clock()) }
    },

    async deleteWebhook({ webhookId }, context) {
      const { webhooks, actor } = await usedWebhook(context, webhookId)
      await webhooks.delete(webhookId, actor)
      return {}
    },

    async getWebhook({ webhookId }, context) {
      const { webhooks, owner } = await usedWebhook(context, webhookId, false)
      const [webhook] = await webhooks.find([webhookId])
      return { ...(webhook && { webhook: webhookMessage(webhook, owner, clock()) }) }
    },

    async listWebhooks({ userId, ...request }, context) {
      const { webhooks, owner } = await used(context, (caller) => ownerFor(caller, userId), { isChange: false })
      const page = await webhooks.list(pageOf(request))
      return { webhooks: page.nodes.map((webhook) => webhookMessage(webhook, owner, clock())), ...pageMessage(page) }
    },

    async findWebhooks({ ids }, context) {
      requireService(await context.caller())
      if (ids.length > MOST_IDS) throw invalidField('ids', `There can be at most ${MOST_IDS} ids.`)
      const { webhooks, deliveries } = of(null)
      const [found, sent] = await Promise.all([webhooks.find(ids), deliveries.find(ids)])
      return {
        webhooks: found.map((webhook) => webhookMessage(webhook, null, clock())),
        deliveries: sent.map(deliveryMessage),
      }
    },

    async rotateWebhookSecret({ webhookId }, context) {
      const { webhooks, owner, actor } = await usedWebhook(context, webhookId)
      const { webhook, secret } = await webhooks.rotateSecret(webhookId, actor)
      return { webhook: webhookMessage(webhook, owner, clock()), secret }
    },

    async testWebhook({ webhookId }, context) {
      const { deliveries, actor } = await usedWebhook(context, webhookId)
      return { delivery: deliveryMessage(await deliveries.test(webhookId, actor)) }
    },

    async listWebhookDeliveries({ webhookId, status, ...request }, context) {
      const { deliveries } = await usedWebhook(context, webhookId, false)
      const page = await deliveries.list({ webhookId, status: statusOf(status), ...pageOf(request) })
      return { deliveries: page.nodes.map(deliveryMessage), ...pageMessage(page) }
    },

    async replayWebhookDelivery({ deliveryId }, context) {
      const { deliveries, actor } = await usedDelivery(context, deliveryId)
      return { delivery: deliveryMessage(await deliveries.replay(deliveryId, actor)) }
    },

    async replayFailedWebhookDeliveries({ webhookId, since }, context) {
      const { deliveries, actor } = await usedWebhook(context, webhookId)
      if (!since) throw invalidField('since', 'Since is required.')
      const rules = parse(webhookRules.replayFailed, { since: timestampDate(since) })
      return { replayedCount: await deliveries.replayFailed(webhookId, rules.since, actor) }
    },

    async importWebhook(request, context) {
      requireService(await context.caller())
      await takeOver(importedWebhook(request))
      return {}
    },
  }
}

/** Null: all. Throws INVALID_INPUT for a status of a newer version. */
function statusOf(status: WebhookDeliveryStatus | undefined): 'PENDING' | 'DELIVERED' | 'FAILED' | null {
  switch (status) {
    case undefined:
    case WebhookDeliveryStatus.UNSPECIFIED:
      return null
    case WebhookDeliveryStatus.PENDING:
      return 'PENDING'
    case WebhookDeliveryStatus.DELIVERED:
      return 'DELIVERED'
    case WebhookDeliveryStatus.FAILED:
      return 'FAILED'
    default:
      throw invalidField('status', 'Status is unknown.')
  }
}

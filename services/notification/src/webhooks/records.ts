// What this service keeps about webhooks: events, of which the account service makes entries of its audit log, and mails.
import type { WebhookRecords } from '@postern/delivery/webhooks/records'
import type { CallerFacts } from '@postern/service/callers/call-context'
import type { Caller } from '@postern/service/callers/caller'
import type { Statements } from '@postern/service/database/statements'
import type { PeopleTable } from '../people/people-table.js'
import type { Owners, WebhookOwner } from './owners.js'

/** Who changes a webhook, and whose it is. */
export interface WebhookActor {
  caller: Caller
  facts: CallerFacts
  owner: WebhookOwner
}

/** What happened to a webhook of the deployment. */
export interface WebhookEvents {
  'webhook.changed': {
    action: string
    facts: Readonly<Record<string, string>>
    actor: { id: string; ipAddress: string | null; userAgent: string | null; requestId: string }
  }
  'webhook.disabled': { webhookId: string; reason: 'GONE' | 'FAILING' }
}

/** Writes an event about a webhook into the outbox. */
export type RecordEvent = <Type extends keyof WebhookEvents>(
  tx: Statements,
  webhookId: string,
  event: { type: Type; data: WebhookEvents[Type] },
) => Promise<unknown>

export function createWebhookRecords(
  recordEvent: RecordEvent,
  owners: Owners,
  people: Pick<PeopleTable, 'lockPresent'>,
): WebhookRecords<WebhookActor> {
  return {
    /** Nobody turns on again what is being erased. Deleting stays possible. */
    async changing(tx, { owner }) {
      if (owner !== null) await people.lockPresent(tx, owner)
    },

    /** A service records what it does for its users itself, and a person's webhooks are their own affair. */
    async changed(tx, action, { caller, facts: { address, userAgent, requestId }, owner }, facts) {
      if (caller.kind === 'service' || owner !== null) return
      const actor = { id: caller.userId, ipAddress: address || null, userAgent, requestId }
      await recordEvent(tx, facts.webhook, { type: 'webhook.changed', data: { action, facts, actor } })
    },

    async disabled(tx, webhookId, reason) {
      const owner = await owners.inTransaction((sql, values) => tx.select(sql, values), webhookId)
      if (owner === null) await recordEvent(tx, webhookId, { type: 'webhook.disabled', data: { webhookId, reason } })
    },
  }
}

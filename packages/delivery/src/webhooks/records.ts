// What a host keeps about its webhooks, such as entries of an audit log.
import type { Statements } from '@postern/service/database/statements'
import type { DisabledReason } from './tables/endpoints.js'

export type WebhookAction =
  'REGISTER_WEBHOOK' | 'UPDATE_WEBHOOK' | 'DELETE_WEBHOOK' | 'ROTATE_WEBHOOK_SECRET' | 'TEST_WEBHOOK' | 'REPLAY_WEBHOOK'

/** By name, without personal data. `webhook` is its id. */
export type WebhookFacts = Readonly<Record<string, string> & { webhook: string }>

/** All are called in the transaction of the change: if they reject, it does not happen. */
export interface WebhookRecords<Actor> {
  /** Before a webhook is registered or changed, or has something sent: locks whose it is, where webhooks have owners. */
  changing?(tx: Statements, actor: Actor): Promise<void>
  /** Someone has changed a webhook, or has had something sent. */
  changed(tx: Statements, action: WebhookAction, actor: Actor, facts: WebhookFacts): Promise<void>
  /** The receiver has failed for a day, or is gone. */
  disabled(tx: Statements, webhookId: string, reason: DisabledReason): Promise<void>
}

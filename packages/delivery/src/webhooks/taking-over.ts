// Takes webhooks over from another host, with their ids, their secrets and what waits for them.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { noteAdded, type OnAdded } from './subscription.js'
import type { SecretVault } from './secrets.js'
import { insertTaken, type WaitingDelivery } from './tables/hand-over.js'
import type { WebhookEndpoint } from './tables/endpoints.js'

/** A webhook on its way from one host to another. */
export interface HandedOver {
  webhook: WebhookEndpoint
  secret: Uint8Array
  /** Null if it signs no more. */
  previousSecret: Uint8Array | null
  /** Some of those that wait. */
  deliveries: readonly WaitingDelivery[]
}

/** What has been taken over before stays as it is, or deleted: a call that is repeated changes nothing. */
export type TakeOver = (handed: HandedOver) => Promise<void>

/** `wake` is called once deliveries are committed, with their webhook. */
export const createTakeOver =
  ({
    transaction,
    vault,
    onAdded,
    wake,
  }: {
    transaction: MysqlTransaction
    vault: SecretVault
    onAdded: OnAdded
    wake: (ids: readonly string[]) => void
  }): TakeOver =>
  ({ webhook, secret, previousSecret, deliveries }) =>
    transaction(async (tx) => {
      const previous = previousSecret && vault.seal(previousSecret, webhook.id)
      await insertTaken(tx, { webhook, secret: vault.seal(secret, webhook.id), previous, deliveries })
      await noteAdded(tx, onAdded, deliveries)
      tx.afterCommit(() => wake([webhook.id]))
    })

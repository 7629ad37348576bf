// Hands all webhooks over to another host: each with its secrets and what waits for it, and then forgets it.
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { newSecret, type SecretVault } from './secrets.js'
import type { HandOverTable, StoredWebhook, WaitingDelivery } from './tables/hand-over.js'
import type { HandedOver } from './taking-over.js'

/** How many deliveries go into one message, and how long their bodies are together, the last one excepted. */
const MOST = 20
const MOST_BYTES = 24_576

/**
 * Resolves with the number of webhooks once there are none left. `give` resolves when the other host has stored what it got, and can
 * be called again with the same. `onLostSecret`: no key opens the secret of this webhook, so it gets a new one.
 */
export function createHandOver({
  table,
  transaction,
  vault,
  give,
  onLostSecret,
}: {
  table: HandOverTable
  transaction: MysqlTransaction
  vault: SecretVault
  give: (handed: HandedOver) => Promise<void>
  onLostSecret: (webhookId: string) => void
}): () => Promise<number> {
  function secretsOf({ webhook: { id }, secret, previous }: StoredWebhook) {
    const opened = vault.open(secret, id)
    if (!opened) onLostSecret(id)
    return { secret: opened ?? newSecret(), previousSecret: previous && vault.open(previous, id) }
  }

  async function handOver(stored: StoredWebhook): Promise<void> {
    const { id } = stored.webhook
    const shared = { webhook: stored.webhook, ...secretsOf(stored) }
    for (;;) {
      const waiting = await table.waiting(id, MOST)
      const deliveries = fitting(waiting)
      await give({ ...shared, deliveries })
      await transaction((tx) => table.forget(tx, id, deliveries))
      if (waiting.length < MOST && deliveries.length === waiting.length) return
    }
  }

  return async () => {
    for (let count = 0; ; count++) {
      const stored = await table.first()
      if (!stored) return count
      await handOver(stored)
    }
  }
}

function fitting(waiting: readonly WaitingDelivery[]): WaitingDelivery[] {
  let bytes = 0
  return waiting.filter(({ body }) => {
    const fits = bytes < MOST_BYTES
    bytes += Buffer.byteLength(body)
    return fits
  })
}

// Registers, changes and deletes webhooks, and gives them new secrets.
import { v7 as uuidv7 } from 'uuid'
import { ServiceError, invalidField } from '@postern/service/errors'
import { addSeconds, type Clock } from '@postern/service/clock'
import type { MysqlTransaction } from '@postern/service/database/mysql-transactions'
import { isId } from '@postern/service/ids'
import { type PageRange, readPage } from '@postern/service/pages'
import type { DeliveryRepository } from './tables/deliveries.js'
import type { EndpointChanges, EndpointRepository, WebhookEndpoint } from './tables/endpoints.js'
import type { WebhookRecords } from './records.js'
import { newSecret, secretText, type SecretVault } from './secrets.js'

/** How long requests are also signed with the secret before the last rotation. */
const OVERLAP_SECONDS = 86_400

/** How many deliveries of a deleted webhook are deleted with it. */
const DELETE_BATCH = 1000

interface NewEndpoint {
  url: string
  description?: string | null | undefined
  eventTypes?: readonly string[] | null | undefined
  enabled: boolean
}

export type WebhookService<Actor> = ReturnType<typeof createWebhookService<Actor>>

/**
 * `eventTypes`: those that these webhooks can get. `limit`: how many there can be; each has connections of its own. `urlProblem`
 * returns what is wrong with a URL, as the end of a sentence, or null.
 */
export function createWebhookService<Actor>({
  transaction,
  endpoints,
  deliveries,
  vault,
  urlProblem,
  records,
  eventTypes: known,
  limit,
  wake,
  clock,
}: {
  transaction: MysqlTransaction
  endpoints: EndpointRepository
  deliveries: DeliveryRepository
  vault: SecretVault
  urlProblem: (url: string) => string | null
  records: WebhookRecords<Actor>
  eventTypes: readonly string[]
  limit: number
  wake: (ids: readonly string[]) => void
  clock: Clock
}) {
  /** Throws INVALID_INPUT. */
  function check({ url, eventTypes }: EndpointChanges): void {
    const problem = url === undefined ? null : urlProblem(url)
    if (problem !== null) throw invalidField('url', `The URL ${problem}.`)
    if (eventTypes && !eventTypes.every((type) => known.includes(type)))
      throw invalidField('eventTypes', `Event types are: ${known.join(', ')}.`)
  }

  async function existing(id: string): Promise<WebhookEndpoint> {
    const endpoint = await endpoints.find(id)
    if (!endpoint) throw new ServiceError('NOT_FOUND')
    return endpoint
  }

  /** A URL can contain a secret, so only its host is a fact. */
  const factsOf = (id: string, url: string) => ({ webhook: id, host: new URL(url).host.slice(0, 255) })

  return {
    /** Throws INVALID_INPUT, and FORBIDDEN if there are too many. */
    async register(input: NewEndpoint, actor: Actor): Promise<{ webhook: WebhookEndpoint; secret: string }> {
      check(input)
      const { url, description = null, eventTypes, enabled } = input
      const id = uuidv7()
      const secret = newSecret()
      const types = eventTypes ? [...new Set(eventTypes)] : null
      await transaction(async (tx) => {
        await records.changing?.(tx, actor)
        if ((await endpoints.count(tx)) >= limit)
          throw new ServiceError('FORBIDDEN', { message: `There can be at most ${limit} webhooks.` })
        const endpoint = { id, url, description, eventTypes: types, enabled, ...vault.seal(secret, id) }
        await endpoints.insert(tx, endpoint, clock())
        await records.changed(tx, 'REGISTER_WEBHOOK', actor, factsOf(id, url))
      })
      return { webhook: await existing(id), secret: secretText(secret) }
    },

    /** Throws INVALID_INPUT and NOT_FOUND. */
    async update(id: string, changes: EndpointChanges, actor: Actor): Promise<WebhookEndpoint> {
      check(changes)
      const types = changes.eventTypes && [...new Set(changes.eventTypes)]
      const fields = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : name))
      await transaction(async (tx) => {
        await records.changing?.(tx, actor)
        const before = await endpoints.lock(tx, id)
        if (!before) throw new ServiceError('NOT_FOUND')
        await endpoints.update(tx, id, { ...changes, eventTypes: types }, clock())
        const facts = { ...factsOf(id, changes.url ?? before.url), fields: fields.join(', ') }
        await records.changed(tx, 'UPDATE_WEBHOOK', actor, facts)
        tx.afterCommit(() => wake([id]))
      })
      return existing(id)
    },

    /** Throws NOT_FOUND. */
    async delete(id: string, actor: Actor): Promise<void> {
      await transaction(async (tx) => {
        const before = await endpoints.lock(tx, id)
        if (!before || !(await endpoints.delete(tx, id))) throw new ServiceError('NOT_FOUND')
        await records.changed(tx, 'DELETE_WEBHOOK', actor, factsOf(id, before.url))
      })
      // What is left is not sent any more, and purged.
      await deliveries.deleteOf(id, DELETE_BATCH).catch(() => 0)
    },

    /** The old secret stays valid for a time, but the one before it ends. Throws NOT_FOUND. */
    async rotateSecret(id: string, actor: Actor): Promise<{ webhook: WebhookEndpoint; secret: string }> {
      const secret = newSecret()
      await transaction(async (tx) => {
        await records.changing?.(tx, actor)
        const before = await endpoints.lock(tx, id)
        if (!before) throw new ServiceError('NOT_FOUND')
        const now = clock()
        await endpoints.rotate(tx, id, vault.seal(secret, id), addSeconds(now, OVERLAP_SECONDS), now)
        await records.changed(tx, 'ROTATE_WEBHOOK_SECRET', actor, factsOf(id, before.url))
      })
      return { webhook: await existing(id), secret: secretText(secret) }
    },

    /** In no particular order. What is not an id, or unknown, is left out. */
    find: (ids: readonly string[]): Promise<WebhookEndpoint[]> => endpoints.findByIds(ids.filter(isId)),

    /** In the order in which they were registered. */
    list: (range: PageRange) =>
      readPage(
        range,
        (limit) => endpoints.list({ ...range, limit }),
        (behind) => endpoints.exists(behind),
      ),
  }
}

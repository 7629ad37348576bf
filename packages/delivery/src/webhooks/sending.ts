// Sends what is due to the receivers: each at its own pace and in its turn, so that slow ones delay no others.
import { type Clock, unixSeconds } from '@postern/service/clock'
import { createGathering } from '@postern/service/gathering'
import { insist } from '@postern/service/insistence'
import type { ClaimedDelivery, ClaimedEndpoint, DeliveryQueue, Pace } from './tables/delivery-queue.js'
import type { DueEndpoint, DueEndpoints } from './tables/due-endpoints.js'
import type { DisabledReason } from './tables/endpoints.js'
import type { PostToReceiver, ReceiverResponse } from './receivers.js'
import { settlementOf } from './attempts.js'
import type { RecordFailure } from './failures.js'
import type { SecretVault } from './secrets.js'
import { signedHeaders } from './signatures.js'
import { createTurns, type Turn } from './turns.js'

/** How many requests a process sends to a receiver at once. At 10 s each, one of the deployment still gets one a second. */
const CONCURRENCY = { deployment: 10, person: 3 }

/** How many webhooks of people a step looks at. The next step goes on with others. */
const LOOKED_AT = 512

/** How long a process may take for a request before another one takes it over: much longer than its time-out. */
const LEASE_SECONDS = 60

/** How long the result of a request is tried to be stored: together with the request and the question before it, not longer than the lease. */
const STORE_MS = 40_000

/** How long requests may take when the process stops. */
const GRACE_MS = 3000

/** How long a commit waits for others, so that they share a step. */
const GATHERING_MS = 10

/** A turn without a request. */
const NOTHING: Turn = { hasMore: false, heldMs: 0 }

export const DELIVERY_RESULTS = ['delivered', 'retried', 'failed'] as const

/**
 * Asked before each request: null if it is sent, or why it is not sent any more, without personal data. Rejects if the answer can't be had
 * now: the delivery is tried again, as after a failed request.
 */
export type NotWanted = (delivery: Pick<ClaimedDelivery, 'type' | 'eventId' | 'body'>) => Promise<string | null>

const UNKNOWN = 'It was not known whether this is still wanted.'

interface Parts {
  queue: DeliveryQueue
  notWanted: NotWanted | undefined
  due: DueEndpoints
  vault: SecretVault
  post: PostToReceiver
  recordFailure: RecordFailure
  pace: Pace
  clock: Clock
  /** Called for each request, once its result is committed. */
  onSettled: (result: (typeof DELIVERY_RESULTS)[number]) => void
  onDisabled: (webhookId: string, reason: DisabledReason) => void
  /** The queue of a receiver failed, because the database did. The next step repeats it. */
  onFailure: (error: unknown) => void
  random?: () => number
}

export function createSending({
  queue,
  notWanted,
  due,
  vault,
  post,
  recordFailure,
  pace,
  clock,
  random = Math.random,
  ...parts
}: Parts) {
  const { onSettled, onDisabled, onFailure } = parts
  const stopping = new AbortController()
  /** Webhooks that may have something to send. */
  const asked = new Set<string>()
  /** The last webhook of a person that a step has looked at. */
  let after = ''
  let isClosed = false

  async function request({ id, url, secrets }: ClaimedEndpoint, delivery: ClaimedDelivery): Promise<ReceiverResponse> {
    const [current, ...previous] = secrets.map((sealed) => vault.open(sealed, id))
    if (!current)
      return { responseStatus: null, failure: "The secret can't be decrypted: rotate it, or restore WEBHOOK_KEY." }
    const message = { id: delivery.eventId, timestamp: unixSeconds(clock()), body: delivery.body }
    const headers = signedHeaders(message, [current, ...previous.filter((secret) => secret !== null)])
    return post(url, { headers, body: delivery.body, signal: stopping.signal })
  }

  /** Until the lease ends, no other process sends the delivery. What is stored before is not sent again. */
  const store = <T>(write: () => Promise<T>) => insist(write, { forMs: STORE_MS, isOver: () => isClosed })

  /** Whether it is still to be sent. What is not is settled, and no failure of the receiver. */
  async function isWanted(delivery: ClaimedDelivery): Promise<boolean> {
    if (!notWanted) return true
    try {
      const reason = await notWanted(delivery)
      if (reason !== null) await store(() => queue.abandon(delivery, reason))
      return reason === null
    } catch (error) {
      onFailure(error)
      const settlement = settlementOf(delivery, { responseStatus: null, failure: UNKNOWN }, random())
      await store(() => queue.settle(delivery, settlement))
      return false
    }
  }

  /** `onResponse` is called when the receiver has answered, or has failed to: after so many milliseconds. */
  async function deliver(
    endpoint: ClaimedEndpoint,
    delivery: ClaimedDelivery,
    onResponse: (afterMs: number) => void,
  ): Promise<void> {
    if (!(await isWanted(delivery))) return
    const begun = performance.now()
    const response = await request(endpoint, delivery)
    onResponse(performance.now() - begun)
    // It may have arrived. Another process sends it again, with the same id.
    if (stopping.signal.aborted && response.responseStatus === null) {
      await queue.release(delivery)
      return
    }
    const settlement = settlementOf(delivery, response, random())
    if (settlement.status === 'DELIVERED') {
      await store(async () => {
        await queue.settle(delivery, settlement)
        await queue.forgetFailures(endpoint.id)
      })
      return onSettled('delivered')
    }
    const disabled = await store(() => recordFailure(endpoint.id, delivery, settlement))
    onSettled(settlement.status === 'PENDING' ? 'retried' : 'failed')
    if (disabled) onDisabled(endpoint.id, disabled)
  }

  async function take({ id, owner }: DueEndpoint): Promise<Turn> {
    const limit = owner === null ? CONCURRENCY.deployment : CONCURRENCY.person
    const claimed = await queue.claim(id, { limit, leaseSeconds: LEASE_SECONDS, pace })
    if (!claimed) return NOTHING
    // Without the time that the database takes.
    let heldMs = 0
    const onResponse = (afterMs: number) => (heldMs = Math.max(heldMs, afterMs))
    const { deliveries } = claimed
    const results = await Promise.allSettled(deliveries.map((delivery) => deliver(claimed, delivery, onResponse)))
    const failed = results.find(({ status }) => status === 'rejected')
    if (failed) onFailure((failed as PromiseRejectedResult).reason)
    return { hasMore: !failed, heldMs }
  }

  const soon = createGathering(GATHERING_MS, () => void sendAsked().catch(onFailure))

  const turns = createTurns({
    take: (endpoint) =>
      take(endpoint).catch((error: unknown) => {
        onFailure(error)
        return NOTHING
      }),
    askAgain: (id) => ask([id]),
  })

  /** Looks for what is due, and sends it in its turn. Does not wait for the receivers. Rejects if the database is unavailable. */
  async function step(): Promise<void> {
    turns.add(await due.ofDeployment())
    const { due: found, next } = await due.ofPeople(after, LOOKED_AT)
    after = next
    turns.add(found)
  }

  async function sendAsked(): Promise<void> {
    const ids = [...asked].slice(0, LOOKED_AT)
    ids.forEach((id) => asked.delete(id))
    turns.add(await due.among(ids))
    if (asked.size > 0) soon.ask()
  }

  function ask(ids: readonly string[]): void {
    if (isClosed) return
    ids.forEach((id) => asked.add(id))
    soon.ask()
  }

  return {
    step,

    /** Sends soon what these webhooks may have. For after a commit. */
    wake: ask,

    /** Waits a little for requests that are under way, and gives up the others. */
    async close(): Promise<void> {
      isClosed = true
      soon.cancel()
      const grace = setTimeout(() => stopping.abort(), GRACE_MS)
      await turns.close()
      clearTimeout(grace)
    },
  }
}

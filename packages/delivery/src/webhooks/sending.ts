// Sends what is due to the receivers: each at its own pace, so that a slow one delays no other.
import { type Clock, unixSeconds } from '@postern/service/clock'
import { createGathering } from '@postern/service/gathering'
import { insist } from '@postern/service/insistence'
import type { ClaimedDelivery, ClaimedEndpoint, DeliveryQueue, Pace } from './tables/delivery-queue.js'
import type { DisabledReason } from './tables/endpoints.js'
import type { PostToReceiver, ReceiverResponse } from './receivers.js'
import { settlementOf } from './attempts.js'
import type { RecordFailure } from './failures.js'
import type { SecretVault } from './secrets.js'
import { signedHeaders } from './signatures.js'

/** How many requests a process sends to a receiver at once: at 10 s each, still one a second. */
const CONCURRENCY = 10

/** How long a process may take for a request before another one takes it over: much longer than its time-out. */
const LEASE_SECONDS = 60

/** How long the result of a request is tried to be stored: together with the request, not longer than the lease. */
const STORE_MS = 45_000

/** How long requests may take when the process stops. */
const GRACE_MS = 3000

/** How long a commit waits for others, so that they share a step. */
const GATHERING_MS = 10

export const DELIVERY_RESULTS = ['delivered', 'retried', 'failed'] as const

interface Parts {
  queue: DeliveryQueue
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
  /** The queues that this process works off, by webhook. */
  const draining = new Map<string, Promise<void>>()
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

  async function deliver(endpoint: ClaimedEndpoint, delivery: ClaimedDelivery): Promise<void> {
    const response = await request(endpoint, delivery)
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

  async function drain(id: string): Promise<void> {
    while (!isClosed) {
      const claimed = await queue.claim(id, { limit: CONCURRENCY, leaseSeconds: LEASE_SECONDS, pace })
      if (!claimed) return
      const results = await Promise.allSettled(claimed.deliveries.map((delivery) => deliver(claimed, delivery)))
      const failed = results.find(({ status }) => status === 'rejected')
      if (failed) throw (failed as PromiseRejectedResult).reason
    }
  }

  /** Starts to send what is due. Does not wait for the receivers. Rejects if the database is unavailable. */
  async function step(): Promise<void> {
    for (const id of await queue.dueEndpoints()) {
      if (isClosed || draining.has(id)) continue
      const done = drain(id)
        .catch(onFailure)
        .finally(() => draining.delete(id))
      draining.set(id, done)
    }
  }

  const soon = createGathering(GATHERING_MS, () => void step().catch(onFailure))

  return {
    step,

    /** Sends soon. For after a commit. */
    wake(): void {
      if (!isClosed) soon.ask()
    },

    /** Waits a little for requests that are under way, and gives up the others. */
    async close(): Promise<void> {
      isClosed = true
      soon.cancel()
      const grace = setTimeout(() => stopping.abort(), GRACE_MS)
      await Promise.all(draining.values())
      clearTimeout(grace)
    },
  }
}

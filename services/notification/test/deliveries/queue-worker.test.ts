import { DatabaseOutage } from '@postern/service/database/failures'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { ClaimedDelivery, DeliveryQueue, Settlement } from '../../src/deliveries/delivery-queue.js'
import { createQueueWorker, type Deliver } from '../../src/deliveries/queue-worker.js'

/** Nine seconds pass between two looks at the clock. */
beforeEach(() => {
  let now = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 9000))
})
afterEach(() => void vi.restoreAllMocks())

const one = { channel: 'EMAIL', lane: 'SECURITY', overdue: 0 } as const

const claimed: ClaimedDelivery = {
  ...{ ...one, id: 'd1', notificationId: 'n1', userId: null, target: '', attempts: 4, triedFor: 0, claim: 'c1' },
  now: new Date(),
}

const delivered: Settlement = {
  ...{ status: 'DELIVERED', reason: null },
  attempt: { delivered: true, failure: null, providerId: null },
}

/** A worker with one delivery. The first `failures` times that something is written after the attempt, the database is away. */
function workerOf(deliver: Deliver, failures: number) {
  const written: unknown[] = []
  const claims = [[claimed]]
  let tries = 0
  const write = (what: unknown) => {
    if (++tries <= failures) return Promise.reject(new DatabaseOutage(null))
    written.push(what)
    return Promise.resolve(1)
  }
  const queue = {
    due: () => Promise.resolve(claims.length > 0 ? [one] : []),
    claim: () => Promise.resolve(claims.shift() ?? []),
    settle: (_: ClaimedDelivery, settlement: Settlement) => write(settlement).then(() => true),
    release: (_: ClaimedDelivery, seconds: number) => write({ releasedFor: seconds }),
    disclaim: () => Promise.resolve(0),
    hasten: () => Promise.resolve(0),
    count: () => Promise.resolve(0),
  } as unknown as DeliveryQueue
  const ignore = () => undefined
  const worker = createQueueWorker({
    ...{ queues: [one], queue, deliver, onSettled: ignore, onError: ignore, onFailure: ignore },
  })
  return { worker, written }
}

it('what was sent is noted when the database is back, although another process could take it over by then', async () => {
  const { worker, written } = workerOf(() => Promise.resolve(delivered), 3)
  await worker.step()
  await vi.waitFor(() => expect(written).toEqual([delivered]), { timeout: 10_000 })
  await worker.close()
})

const failed = { delivered: false, failure: 'The attempt failed unexpectedly.', providerId: null }

it.each<[what: string, cause: object, noted: object]>([
  [
    'has prevented is no failed attempt: it is due a second after it is back',
    { code: 'ECONNREFUSED' },
    { releasedFor: 1 },
  ],
  ['refuses is one: it can be refused forever', { errno: 1205 }, { status: 'PENDING', attempt: failed }],
])('what the database %s', async (_, cause, noted) => {
  const { worker, written } = workerOf(() => Promise.reject(new DatabaseOutage(cause)), 2)
  await worker.step()
  await vi.waitFor(() => expect(written).toMatchObject([noted]), { timeout: 10_000 })
  await worker.close()
})

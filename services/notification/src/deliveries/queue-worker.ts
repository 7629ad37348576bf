// Works off queues of deliveries side by side: a slow channel, or a flood in one lane, delays no other.
import { DatabaseOutage, isUnresponsive } from '@postern/service/database/failures'
import { createGathering } from '@postern/service/gathering'
import { insist } from '@postern/service/insistence'
import { v7 as uuidv7 } from 'uuid'
import { TryAgain } from '../channels/channel.js'
import type { ClaimedDelivery, DeliveryQueue, Queue, Settlement, WorkedQueue } from './delivery-queue.js'
import type { Lane } from './lanes.js'
import { pauseAfter } from './retry-schedule.js'

/** How many deliveries of a queue a process sends at once. */
const CONCURRENCY = 8

interface Patience {
  /** How long an attempt may take. */
  attemptMs: number
  /** When another process takes the delivery over: well after the end of an attempt, so that its result can be stored. */
  leaseSeconds: number
}

/** If a process dies, its security notices are sent soon by another one. */
const PATIENCE: Readonly<Record<Lane, Patience>> = {
  SECURITY: { attemptMs: 8000, leaseSeconds: 15 },
  NORMAL: { attemptMs: 20_000, leaseSeconds: 60 },
  MARKETING: { attemptMs: 20_000, leaseSeconds: 60 },
}

/**
 * How long the result of an attempt is tried to be stored. Longer than the lease: while the database is away, no other process takes
 * the delivery over, and if one has, the claim is void and storing has no effect.
 */
const STORE_MS = 120_000

/** The pause after an attempt that the database prevented, in seconds: it goes on soon after the database is back. */
const OUTAGE_PAUSE = 1

/** How long attempts may take when the process stops. */
const GRACE_MS = 3000

/** How long a commit waits for others, so that they share a step. */
const GATHERING_MS = 5

/** How often a security notice is tried while its channel fails: the next success makes all others due. */
const PROBE_MS = 3000

/** The same while nothing is known to fail: another process may have died that knew. */
const IDLE_PROBE_MS = 30_000

/** So many failures in a row are those of a channel. Fewer can be those of receivers, whose pauses must not end with others' successes. */
const FAILURES_OF_CHANNEL = 3

/** How many failed deliveries are due at once when a channel works again. */
const HASTENED = 1000

export const ATTEMPT_RESULTS = ['delivered', 'retried', 'failed', 'suppressed', 'expired', 'postponed'] as const

export type AttemptOutcome = (typeof ATTEMPT_RESULTS)[number]

/** Decides about a delivery and sends it. Throws TryAgain, or anything else, if another attempt may succeed. */
export type Deliver = (claim: ClaimedDelivery, signal: AbortSignal) => Promise<Settlement>

interface Parts {
  queues: readonly WorkedQueue[]
  queue: DeliveryQueue
  deliver: Deliver
  onSettled: (claim: ClaimedDelivery, outcome: AttemptOutcome) => void
  /** An attempt failed for a reason that only the log has. */
  onError: (claim: ClaimedDelivery, error: unknown) => void
  /** The database failed. The next step repeats it. */
  onFailure: (error: unknown) => void
  random?: () => number
}

/** A queue as this process works it off. */
interface Work {
  queue: WorkedQueue
  running: Set<Promise<void>>
  draining: Promise<void> | null
  /** How many attempts in a row have failed. */
  failures: number
  /** When one of its failed deliveries is tried before its time. */
  probeAt: number
  /** Claims of which it is not known whether they were committed. */
  lost: string[]
}

const nameOf = ({ channel, lane }: Queue): string => `${channel} ${lane}`

export function createQueueWorker({
  queue,
  deliver,
  onSettled,
  onError,
  onFailure,
  random = Math.random,
  queues,
}: Parts) {
  const stopping = new AbortController()
  const works = new Map(
    queues.map((one): [string, Work] => [
      nameOf(one),
      { queue: one, running: new Set(), draining: null, failures: 0, probeAt: 0, lost: [] },
    ]),
  )
  let isClosed = false

  /** What is stored before another process takes the delivery over is not sent again. */
  const store = (write: () => Promise<unknown>) => insist(write, { forMs: STORE_MS, isOver: () => isClosed })

  function afterFailure(claim: ClaimedDelivery, error: unknown): Settlement {
    const isExpected = error instanceof TryAgain
    if (!isExpected || error.cause !== undefined) onError(claim, error)
    const failure = isExpected ? error.message : 'The attempt failed unexpectedly.'
    const retryAfter = isExpected ? error.retryAfter : undefined
    const attempt = { delivered: false, failure, providerId: null }
    const pause = pauseAfter({ ...claim, retryAfter }, random())
    if (pause === null) return { status: 'FAILED', reason: failure, attempt }
    const waitsFor = retryAfter === undefined ? 'RETRY' : 'RETRY_AFTER'
    return { status: 'PENDING', waitsFor, due: { inSeconds: pause }, attempt }
  }

  async function attempt(work: Work, claim: ClaimedDelivery): Promise<void> {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE[claim.lane].attemptMs)])
    let settlement: Settlement
    try {
      settlement = await deliver(claim, signal)
    } catch (error) {
      // It may have arrived. Another process sends it again, with the same id.
      if (stopping.signal.aborted) {
        await queue.release(claim)
        return
      }
      // No failure of the receiver: it neither counts nor makes later pauses longer. A statement that the server refuses counts: it can
      // be refused forever.
      if (error instanceof DatabaseOutage && isUnresponsive(error.cause)) {
        onFailure(error)
        await store(() => queue.release(claim, OUTAGE_PAUSE))
        return
      }
      settlement = afterFailure(claim, error)
    }
    await store(() => queue.settle(claim, settlement))
    onSettled(claim, outcomeOf(settlement))
    if (settlement.attempt) await note(work, settlement)
  }

  /** After a success, what has failed before need not wait: the channel was away, and not only some receivers. */
  async function note(work: Work, settlement: Settlement): Promise<void> {
    const wasAway = work.failures >= FAILURES_OF_CHANNEL
    work.failures = 'waitsFor' in settlement && settlement.waitsFor === 'RETRY' ? work.failures + 1 : 0
    if (work.failures > 0) work.probeAt = Math.min(work.probeAt, performance.now() + PROBE_MS)
    if (wasAway && settlement.status === 'DELIVERED') await queue.hasten(work.queue, HASTENED)
  }

  async function claim({ queue: one, running, lost }: Work): Promise<ClaimedDelivery[]> {
    const id = uuidv7()
    try {
      const { leaseSeconds } = PATIENCE[one.lane]
      return await queue.claim(one, { claim: id, limit: CONCURRENCY - running.size, leaseSeconds })
    } catch (error) {
      lost.push(id)
      throw error
    }
  }

  async function drain(work: Work): Promise<void> {
    while (!isClosed) {
      const claims = await claim(work)
      if (claims.length === 0) return
      for (const one of claims) {
        const sending = attempt(work, one).catch(onFailure)
        work.running.add(sending)
        void sending.finally(() => work.running.delete(sending))
      }
      while (work.running.size >= CONCURRENCY) await Promise.race(work.running)
    }
  }

  /** Tries a failed security notice before its time: when its channel works again, all others need not wait either. */
  async function probe(work: Work): Promise<void> {
    if (work.queue.lane !== 'SECURITY' || work.queue.overdue > 0 || performance.now() < work.probeAt) return
    const found = await queue.hasten(work.queue, 1)
    work.probeAt = performance.now() + (work.failures > 0 || found > 0 ? PROBE_MS : IDLE_PROBE_MS)
  }

  async function disclaimLost({ queue: one, lost }: Work): Promise<void> {
    for (const id of [...lost]) {
      await queue.disclaim(one, id)
      lost.splice(lost.indexOf(id), 1)
    }
  }

  function start(work: Work): void {
    work.draining ??= drain(work)
      .catch(onFailure)
      .finally(() => (work.draining = null))
  }

  /** Starts to send what is due. Does not wait for the receivers. Rejects if the database is unavailable. */
  async function step(): Promise<void> {
    for (const work of works.values()) {
      await disclaimLost(work)
      await probe(work)
    }
    for (const due of await queue.due(queues)) {
      const work = works.get(nameOf(due))
      if (work && !isClosed) start(work)
    }
  }

  const soon = createGathering(GATHERING_MS, () => void step().catch(onFailure))

  return {
    step,

    /** Sends soon. For after a commit. */
    wake(): void {
      if (!isClosed) soon.ask()
    },

    /** Waits a little for attempts that are under way, and gives up the others. */
    async close(): Promise<void> {
      isClosed = true
      soon.cancel()
      const grace = setTimeout(() => stopping.abort(), GRACE_MS)
      for (const { draining } of works.values()) await draining
      await Promise.all([...works.values()].flatMap(({ running }) => [...running]))
      clearTimeout(grace)
    },
  }
}

function outcomeOf(settlement: Settlement): AttemptOutcome {
  switch (settlement.status) {
    case 'DELIVERED':
      return 'delivered'
    case 'FAILED':
      return 'failed'
    case 'SUPPRESSED':
      return 'suppressed'
    case 'EXPIRED':
      return 'expired'
    case 'PENDING':
    case 'COLLECTED':
      return settlement.attempt ? 'retried' : 'postponed'
  }
}

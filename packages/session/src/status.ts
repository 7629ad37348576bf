// What a validator reports about itself.
import type { Outcomes } from './outcomes.js'
import type { StreamCounters } from './revocation-stream.js'

/** The state of a validator. */
export interface SessionStatus {
  /** Whether tokens can be verified now. If not, `validate` throws a 503 error. */
  readonly ready: boolean
  /** Whether there is a connection to Redis. */
  readonly connected: boolean
  /** An upper bound on the age of what is known about revocations, in milliseconds. Null until it is complete for the first time. */
  readonly lagMs: number | null
  /** The number of revocations in memory. */
  readonly revocations: number
  /** The number of verified tokens in the cache. */
  readonly remembered: number
  /** The epoch of the stream. It rises when Redis lost the stream and the service wrote it again. */
  readonly epoch: number | null
  /** Totals since the start. */
  readonly counters: Readonly<StreamCounters & Outcomes & { keyFetches: number; keyFetchFailures: number }>
}

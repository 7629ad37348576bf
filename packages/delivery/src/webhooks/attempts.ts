// When a delivery is tried again, and when a webhook is disabled.
import type { ReceiverResponse } from './receivers.js'
import type { Settlement } from './tables/delivery-queue.js'
import { TEST_EVENT } from './test-event.js'

/** The pauses between the five attempts: 24 hours in all. */
const RETRY_SECONDS = [60, 720, 7200, 78_420]

/** Pauses are longer by up to this part, so that deliveries that failed together are not all tried again at once. */
const JITTER = 0.1

/** For how long a receiver may fail. */
const FAILING_SECONDS = 86_400

const GONE = 410

const isSuccess = ({ responseStatus }: ReceiverResponse): boolean =>
  responseStatus !== null && responseStatus >= 200 && responseStatus < 300

function failureOf({ responseStatus, failure }: ReceiverResponse): string {
  if (responseStatus === null) return failure ?? 'There was no response.'
  const redirect = responseStatus >= 300 && responseStatus < 400 ? ' Redirects are not followed.' : ''
  return `The receiver answered ${responseStatus}.${redirect}`
}

/** `attempts`: this one included. `random` is at least 0 and less than 1. */
export function settlementOf(
  { type, attempts }: { type: string; attempts: number },
  response: ReceiverResponse,
  random: number,
): Settlement {
  const { responseStatus } = response
  if (isSuccess(response)) return { status: 'DELIVERED', pauseSeconds: null, responseStatus, failure: null }
  const failure = failureOf(response)
  // A test is for a person who waits for its result.
  const pause = responseStatus === GONE || type === TEST_EVENT ? undefined : RETRY_SECONDS[attempts - 1]
  if (pause === undefined) return { status: 'FAILED', pauseSeconds: null, responseStatus, failure }
  const pauseSeconds = Math.round(pause * (1 + random * JITTER))
  return { status: 'PENDING', pauseSeconds, responseStatus, failure }
}

/** Why a webhook must be disabled after a failure. Null: it stays enabled. `failingSeconds`: since its first failure. */
export function disabledReasonOf(responseStatus: number | null, failingSeconds: number): 'GONE' | 'FAILING' | null {
  if (responseStatus === GONE) return 'GONE'
  return failingSeconds >= FAILING_SECONDS ? 'FAILING' : null
}

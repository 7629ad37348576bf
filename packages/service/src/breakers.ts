// Circuit breakers: while a store or a service doesn't respond, work for it is refused at once instead of waiting for it.
import { withTimeout } from '@postern/contract/timeout'
import { circuitBreaker, CircuitState, handleWhen } from 'cockatiel'

/** Runs work for a store, or refuses it. */
export type Guard = <Result>(work: () => Promise<Result>) => Promise<Result>

export const unguarded: Guard = (work) => work()

const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
} as const

export type BreakerState = (typeof STATES)[CircuitState]

/** `refused`: work that was not tried. `failed`: work that was tried, and to which the store did not respond. */
export type BreakerEvent = 'opened' | 'half-opened' | 'closed' | 'failed' | 'refused'
export const BREAKER_EVENTS: readonly BreakerEvent[] = ['opened', 'half-opened', 'closed', 'failed', 'refused']

const STATE_EVENTS = { closed: 'closed', 'half-open': 'half-opened', open: 'opened' } as const satisfies Record<
  BreakerState,
  BreakerEvent
>

export interface BreakerStatus {
  name: string
  state: BreakerState
  /** When it entered this state. */
  since: Date
}

export interface BreakerOptions {
  name: string
  /** True if the store did not respond. An answer, even an error, is none of the breaker's business. */
  isFailure: (error: unknown) => boolean
  isTimeout: (error: unknown) => boolean
  /** How many timeouts open it, without a success in between. Other failures are fast, and it takes five of them. */
  timeoutsToOpen: number
  /** Something small that shows whether the store responds. */
  probe: () => Promise<unknown>
  onEvent: (event: BreakerEvent) => void
  /** The error of work that was not tried. `retryAfter`: in seconds. */
  refusal: (retryAfter: number) => Error
  random?: () => number
}

const FAILURES_TO_OPEN = 5

/** The pause before each probe doubles from the first to the longest of these. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1000

const PROBE_TIMEOUT_MS = 2000

/** By then it has been probed again. */
const RETRY_AFTER_SECONDS = 1

export type Breaker = ReturnType<typeof createBreaker>

/**
 * No request is ever a probe, because it would have to wait: while the breaker is open, one probe at a time runs in the
 * background, and every request is refused with the error of `refusal`.
 */
export function createBreaker({
  name,
  isFailure,
  isTimeout,
  timeoutsToOpen,
  probe,
  onEvent,
  refusal,
  random = Math.random,
}: BreakerOptions) {
  let failures = 0
  let since = new Date()
  let timer: NodeJS.Timeout | undefined
  let isClosing = false
  let isProbing = false

  function isCounted(error: unknown): boolean {
    if (!isFailure(error)) return false
    failures += isTimeout(error) ? FAILURES_TO_OPEN / timeoutsToOpen : 1
    if (!isProbing) onEvent('failed')
    return true
  }

  const circuit = circuitBreaker(handleWhen(isCounted), {
    breaker: {
      state: null,
      success: () => (failures = 0),
      failure: () => failures >= FAILURES_TO_OPEN,
    },
    // Only probes run while it is open, and they have their own schedule. cockatiel reads the wall clock, which can jump.
    halfOpenAfter: -Infinity,
  })
  circuit.onStateChange((state) => {
    since = new Date()
    const isFirst = state === CircuitState.Open && timer === undefined
    if (state !== CircuitState.Open || isFirst) onEvent(STATE_EVENTS[STATES[state]])
    if (isFirst) scheduleProbe(1)
  })

  function scheduleProbe(attempt: number): void {
    if (isClosing) return
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS)
    timer = setTimeout(() => void tryAgain(attempt), longest * (0.5 + random() / 2)).unref()
  }

  async function tryAgain(attempt: number): Promise<void> {
    const late = () => {
      throw new Error('ETIMEDOUT: the store did not respond to a probe in time')
    }
    isProbing = true
    await circuit.execute(() => withTimeout(probe(), PROBE_TIMEOUT_MS, late)).catch(() => undefined)
    isProbing = false
    timer = undefined
    if (circuit.state !== CircuitState.Closed) scheduleProbe(attempt + 1)
  }

  const run: Guard = (work) => {
    if (circuit.state === CircuitState.Closed) return circuit.execute(work)
    onEvent('refused')
    return Promise.reject(refusal(RETRY_AFTER_SECONDS))
  }

  return {
    name,
    run,
    status: (): BreakerStatus => ({ name, state: STATES[circuit.state], since }),
    /** Ends the probes. */
    close(): void {
      isClosing = true
      clearTimeout(timer)
    },
  }
}

// The response streams that are open in this process: how many there may be, and what ends them besides their own work.
import { ServiceError } from '../errors.js'

/** Each holds memory for as long as its client wants. */
const MOST = 10_000

/** A page has one, and a person has a few pages. */
const MOST_PER_CALLER = 20

/** How soon after it a stream ends whose caller may no longer have it. Until then, nothing is sent on it. */
const CHECK_INTERVAL_MS = 1000

export interface OpenStream {
  /** Throws a ServiceError once the caller may no longer have the stream. */
  readonly check: () => void
  readonly fail: (error: ServiceError) => void
}

export interface OpenStreams {
  /**
   * Returns what to call at its end. Throws RATE_LIMITED or SERVICE_UNAVAILABLE if there are too many. `caller`: whose it is. Null: of
   * a service, which opens streams for many people, so that only all streams together are limited.
   */
  open(caller: string | null, stream: OpenStream): () => void
  /** Ends all of them: clients connect again, and reach another process. */
  drain(): void
}

const tooMany = () =>
  new ServiceError('SERVICE_UNAVAILABLE', { message: 'Too many streams are open. Try again later.', retryAfter: 5 })

const tooManyOfCaller = () =>
  new ServiceError('RATE_LIMITED', {
    message: 'You have too many open streams. Close one first.',
    retryAfter: 30,
  })

const draining = () =>
  new ServiceError('SERVICE_UNAVAILABLE', {
    message: 'This process is stopping. Open the stream again.',
    retryAfter: 1,
  })

export function createOpenStreams({ most = MOST, mostPerCaller = MOST_PER_CALLER } = {}): OpenStreams {
  const streams = new Set<OpenStream>()
  const perCaller = new Map<string, number>()
  let timer: NodeJS.Timeout | null = null
  let isDraining = false

  function checkAll(): void {
    for (const { check, fail } of streams) {
      try {
        check()
      } catch (error) {
        fail(error instanceof ServiceError ? error : new ServiceError('INTERNAL_SERVER_ERROR', { cause: error }))
      }
    }
  }

  function enter(caller: string): void {
    const others = perCaller.get(caller) ?? 0
    if (others >= mostPerCaller) throw tooManyOfCaller()
    perCaller.set(caller, others + 1)
  }

  function leave(caller: string): void {
    const others = (perCaller.get(caller) ?? 1) - 1
    if (others > 0) perCaller.set(caller, others)
    else perCaller.delete(caller)
  }

  function close(caller: string | null, stream: OpenStream): void {
    if (!streams.delete(stream)) return
    if (caller !== null) leave(caller)
    if (streams.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  return {
    open(caller, stream) {
      if (isDraining) throw draining()
      if (streams.size >= most) throw tooMany()
      if (caller !== null) enter(caller)
      streams.add(stream)
      timer ??= setInterval(checkAll, CHECK_INTERVAL_MS).unref()
      return () => close(caller, stream)
    },

    drain() {
      isDraining = true
      for (const { fail } of streams) fail(draining())
    },
  }
}

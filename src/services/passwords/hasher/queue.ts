// A fair queue for hashes: who requests many waits behind those who request few.
import { ServiceError } from '@postern/service/errors'
import type { Requester } from '../requester.js'

/** No request waits longer for its hash, and its result. */
const MAX_WAIT_MS = 10_000

interface Waiting {
  tag: number
  start: () => void
  refuse: () => void
}

/** How far the hashes of one network or account reach into the future, and how many of them wait or run. */
interface Share {
  tag: number
  count: number
}

/**
 * `concurrency` run at once, `limit` can wait. Start-time fair queueing: each hash gets a number one above the highest of
 * its network and its account, and the lowest number is next. So a hundred requests of one network, or for one account,
 * get the numbers 1 to 100, and the first request of another is number 1. If the queue is full, the highest number leaves
 * it.
 */
export function createHashQueue({ concurrency, limit }: { concurrency: number; limit: number }) {
  /** Ordered by their tags. */
  const waiting: Waiting[] = []
  const shares = new Map<string, Share>()
  let running = 0
  /** The tag of the hash that started last. */
  let now = 0
  /** How long the hash that started last had waited. */
  let waitMs = 0

  const overloaded = () =>
    new ServiceError('SERVICE_UNAVAILABLE', { retryAfter: Math.min(10, Math.max(1, Math.ceil(waitMs / 1000))) })

  function reserve(keys: readonly string[]): number {
    const tag = Math.max(now, ...keys.map((key) => shares.get(key)?.tag ?? 0)) + 1
    for (const key of keys) shares.set(key, { tag, count: (shares.get(key)?.count ?? 0) + 1 })
    return tag
  }

  /** A share ends with its last hash, so it costs nothing to have requested many before. */
  function release(keys: readonly string[]): void {
    for (const key of keys) {
      const share = shares.get(key)
      if (share && share.count > 1) share.count -= 1
      else shares.delete(key)
    }
  }

  function startNext(): void {
    const next = waiting.shift()
    if (!next) return void (running -= 1)
    now = Math.max(now, next.tag)
    next.start()
  }

  /** Resolves when it is this hash's turn. Rejects if the queue is full, or as soon as `signal` aborts. */
  function turn(tag: number, signal: AbortSignal): Promise<void> {
    if (running < concurrency) {
      running += 1
      return Promise.resolve()
    }
    const last = waiting.at(-1)
    if (waiting.length >= limit) {
      if (!last || last.tag <= tag) return Promise.reject(overloaded())
      waiting.pop()
      last.refuse()
    }
    const since = performance.now()
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    const refuse = () => {
      reject(overloaded())
    }
    const start = () => {
      waitMs = performance.now() - since
      resolve(undefined)
    }
    const entry: Waiting = { tag, start, refuse }
    const leave = () => {
      const position = waiting.indexOf(entry)
      if (position < 0) return
      waiting.splice(position, 1)
      refuse()
    }
    signal.addEventListener('abort', leave, { once: true })
    waiting.splice(waiting.findLastIndex((other) => other.tag <= tag) + 1, 0, entry)
    return promise.finally(() => {
      signal.removeEventListener('abort', leave)
    })
  }

  return {
    /**
     * Throws SERVICE_UNAVAILABLE, with the time to retry, if the queue is full, after 10 s, or if the requester has
     * disconnected before it was their turn.
     */
    async run<T>(work: () => Promise<T>, { network, account, signal }: Requester): Promise<T> {
      const keys = [`account ${account}`, ...(network === '' ? [] : [`network ${network}`])]
      const deadline = AbortSignal.timeout(MAX_WAIT_MS)
      const ends = signal ? AbortSignal.any([signal, deadline]) : deadline
      if (ends.aborted) throw overloaded()
      const tag = reserve(keys)
      try {
        await turn(tag, ends)
        const result = work().finally(startNext)
        return await Promise.race([result, rejectOn(deadline, overloaded)])
      } finally {
        release(keys)
      }
    },

    waiting: () => waiting.length,
  }
}

const rejectOn = (signal: AbortSignal, reason: () => Error): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(reason()), { once: true })
  })

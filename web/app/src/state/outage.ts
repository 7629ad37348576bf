import { type Client, PosternError } from '@postern/client'
import { createStore } from './store.js'

/** `times` rises with each recovery: what failed meanwhile is asked for again. */
interface OutageState {
  readonly status: 'well' | 'away' | 'asking'
  readonly times: number
}

/** Milliseconds between two attempts, the longest for good. */
const PAUSES = [1000, 2000, 4000, 8000]
/** Milliseconds to be well before the pauses begin anew: a service may answer checks and fail at all the rest. */
const STEADY = 30_000

const codes = new Set<PosternError['code']>(['SERVICE_UNAVAILABLE', 'NETWORK_ERROR', 'TIMEOUT', 'BAD_RESPONSE'])

/** Whether an error says nothing about what was asked, only that nobody could answer. */
export const isOutage = (error: unknown): error is PosternError =>
  error instanceof PosternError && codes.has(error.code)

/** Not crypto.randomUUID: pages that came over plain http have none. */
const randomName = () => `q${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`

export type Outage = ReturnType<typeof createOutage>

/** Knows whether the service answers, and asks until it does again. */
export function createOutage(client: Pick<Client, 'checkUsername'>) {
  const store = createStore<OutageState>({ status: 'well', times: 0 })
  let failures = 0
  let wellSince = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Only the database can say that a name is free that nobody has ever heard of. */
  async function answers(): Promise<boolean> {
    try {
      await client.checkUsername(randomName())
      return true
    } catch (error) {
      return !isOutage(error)
    }
  }

  async function attempt(): Promise<void> {
    clearTimeout(timer)
    const { status, times } = store.get()
    if (status !== 'away') return
    store.set({ status: 'asking', times })
    const isBack = await answers()
    // Somebody else may have found out meanwhile.
    if (store.get().status !== 'asking') return
    if (isBack) return recover()
    store.set({ status: 'away', times })
    schedule()
  }

  function recover(): void {
    clearTimeout(timer)
    wellSince = Date.now()
    store.set({ status: 'well', times: store.get().times + 1 })
  }

  function schedule(): void {
    const pause = PAUSES[Math.min(failures, PAUSES.length - 1)]
    failures += 1
    timer = setTimeout(() => void attempt(), pause)
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    /** Looks at whatever a call threw. */
    notice(error: unknown): void {
      const { status, times } = store.get()
      if (status !== 'well' || !isOutage(error)) return
      if (Date.now() - wellSince >= STEADY) failures = 0
      store.set({ status: 'away', times })
      schedule()
    },
    /** To be told of what only the database can have answered. */
    answered(): void {
      if (store.get().status !== 'well') recover()
    },
    /** At once, not when the pause is over. */
    retry: attempt,
  }
}

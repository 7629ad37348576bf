// Knows whether the service is available, and retries until it is.
import { type Client, PosternError } from '@postern/client'
import { createStore } from './store.js'

interface OutageState {
  readonly status: 'up' | 'down' | 'checking'
  /** How often the service has recovered. When it rises, what failed is loaded again. */
  readonly recoveries: number
}

/** Between two attempts; the last one repeats. */
const PAUSES_MS = [1000, 2000, 4000, 8000]
/** How long the service must stay up before the pauses start over: it may answer checks and fail at everything else. */
const STEADY_MS = 30_000

const codes = new Set<PosternError['code']>(['SERVICE_UNAVAILABLE', 'NETWORK_ERROR', 'TIMEOUT', 'BAD_RESPONSE'])

/** Whether an error says only that the service did not answer. */
export const isOutage = (error: unknown): error is PosternError =>
  error instanceof PosternError && codes.has(error.code)

/** Not crypto.randomUUID, which pages over plain http don't have. */
const randomName = () => `q${Math.random().toString(36).slice(2)}${Date.now().toString(36)}`

export type Outage = ReturnType<typeof createOutage>

export function createOutage(client: Pick<Client, 'checkUsername'>) {
  const store = createStore<OutageState>({ status: 'up', recoveries: 0 })
  let failures = 0
  let upSince = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Only the database can answer that a random name is available. */
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
    const { status, recoveries } = store.get()
    if (status !== 'down') return
    store.set({ status: 'checking', recoveries })
    const isBack = await answers()
    // Another call may have been answered in the meantime.
    if (store.get().status !== 'checking') return
    if (isBack) return recover()
    store.set({ status: 'down', recoveries })
    schedule()
  }

  function recover(): void {
    clearTimeout(timer)
    upSince = Date.now()
    store.set({ status: 'up', recoveries: store.get().recoveries + 1 })
  }

  function schedule(): void {
    const pause = PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)]
    failures += 1
    timer = setTimeout(() => void attempt(), pause)
  }

  return {
    get: store.get,
    subscribe: store.subscribe,
    /** Call it with everything that a request threw. */
    notice(error: unknown): void {
      const { status, recoveries } = store.get()
      if (status !== 'up' || !isOutage(error)) return
      if (Date.now() - upSince >= STEADY_MS) failures = 0
      store.set({ status: 'down', recoveries })
      schedule()
    },
    /** Call it after an answer that needed the database. */
    answered(): void {
      if (store.get().status !== 'up') recover()
    },
    /** Retries now. */
    retry: attempt,
  }
}

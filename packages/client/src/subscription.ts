// Follows a subscription as long as the session lasts, over one connection that is opened again when it breaks.
import type { Client } from './client.js'
import { hasCode } from './errors.js'
import { openStream, readEvents } from './event-stream.js'
import { type Internals, internalsOf } from './internals.js'

/** The service sends something every 15 seconds. After this silence, the connection is dead. */
const SILENCE_MS = 40_000
/** The pause before a new connection: half of it, plus a random part of the other half. It doubles with each failure. */
const SHORTEST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

interface Result {
  readonly data?: Readonly<Record<string, unknown>> | null
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown; readonly reason?: unknown } }[]
}

export interface Subscription {
  readonly document: string
  /** Called with the data of each event. */
  readonly onData: (data: Readonly<Record<string, unknown>>) => void
  /** Called when events arrive from now on. */
  readonly onOpen?: (() => void) | undefined
}

/** Returns a function that stops. If the service offers no subscriptions, nothing happens. */
export function subscribe(client: Client, subscription: Subscription): () => void {
  const internals = internalsOf(client)
  const stop = new AbortController()
  const end = () => stop.abort()
  if (!internals || internals.closed.aborted) return end
  internals.closed.addEventListener('abort', end)
  void run(internals, subscription, stop.signal).finally(() => internals.closed.removeEventListener('abort', end))
  return end
}

/** One connection. Resolves when it has ended, to whether it is worth another one. */
async function connect(
  { session, url, cookies, fetch }: Internals,
  { document, onData, onOpen }: Subscription,
  stop: AbortSignal,
): Promise<boolean> {
  const era = session.era()
  const connection = new AbortController()
  const abort = () => connection.abort(stop.reason)
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = () => {
    clearTimeout(timer)
    timer = setTimeout(() => connection.abort(), SILENCE_MS)
  }
  const found = { isRefused: false }

  function take(result: unknown): void {
    if (stop.aborted) return
    if (result === null) return onOpen?.()
    const { data, errors } = result as Result
    if (data) onData(data)
    const { code, reason } = errors?.[0]?.extensions ?? {}
    found.isRefused = code === 'UNAUTHENTICATED'
    if (reason === 'SESSION_ENDED') session.revoked(era)
  }

  stop.addEventListener('abort', abort)
  heard()
  try {
    const { signal } = connection
    const token = cookies ? undefined : await session.accessToken(signal)
    const sending = { document, cookies, token, signal }
    await readEvents(await openStream(`${url}/stream`, fetch, sending), heard, take)
  } finally {
    clearTimeout(timer)
    stop.removeEventListener('abort', abort)
    connection.abort()
  }
  if (era !== session.era()) return false
  // Gets a new token, or finds out that the session is over.
  if (found.isRefused) await session.profile()
  return true
}

async function run(internals: Internals, subscription: Subscription, stop: AbortSignal): Promise<void> {
  let pause = SHORTEST_PAUSE_MS
  while (!stop.aborted) {
    const since = Date.now()
    try {
      if (!(await connect(internals, subscription, stop))) return
    } catch (error) {
      // There is no session to follow, or nothing that could be followed.
      if (hasCode(error, 'UNAUTHENTICATED', 'REFRESH_TOKEN_REUSED', 'FORBIDDEN', 'NOT_FOUND')) return
    }
    if (Date.now() - since > LONGEST_PAUSE_MS) pause = SHORTEST_PAUSE_MS
    await wait((pause / 2) * (1 + Math.random()), stop)
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS)
  }
}

/** Resolves after the time, or as soon as the signal is aborted. */
const wait = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })

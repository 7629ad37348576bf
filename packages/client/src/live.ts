/**
 * What happens to the account of the signed-in user, as it happens.
 *
 * @packageDocumentation
 */
import type { Client } from './client.js'
import { ACCOUNT_ACTIVITY } from './documents.js'
import { hasCode } from './errors.js'
import { openStream, readEvents } from './event-stream.js'
import type { AuditEntry } from './generated/schema.js'
import { type Internals, internalsOf } from './internals.js'

/** Something that happened to the account. */
export type Activity = Omit<AuditEntry, 'accountId' | 'requestId' | 'detailsErased' | 'position'>

/** Options of {@link follow}. */
export interface FollowOptions {
  /** Called with each new entry of the account's activity. */
  readonly onActivity?: ((activity: Activity) => void) | undefined
  /** Called when events arrive from now on, at first and again after each interruption: load what may have been missed. */
  readonly onOpen?: (() => void) | undefined
}

/** The service sends something every 15 seconds. After this silence, the connection is dead. */
const SILENCE_MS = 40_000
/** The pause before a new connection: half of it, plus a random part of the other half. It doubles with each failure. */
const SHORTEST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 60_000

interface Result {
  readonly data?: { readonly accountActivity?: Activity } | null
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown; readonly reason?: unknown } }[]
}

/**
 * Follows the account as long as the session lasts, over one connection that is opened again when it breaks. While it is open,
 * `client.onSignOut` is called at once when the session is ended elsewhere. If the service offers no subscriptions, nothing
 * happens. Returns a function that stops. Call it again after the next sign-in.
 *
 * @example
 * ```ts
 * import { createClient } from '@postern/client'
 * import { follow } from '@postern/client/live'
 *
 * const client = createClient({ url: '/graphql', cookies: true })
 * client.onSignOut((reason) => console.log(`You were signed out: ${reason}`))
 * const stop = follow(client, { onActivity: ({ action, at }) => console.log(action, at) })
 * ```
 */
export function follow(client: Client, options: FollowOptions = {}): () => void {
  const internals = internalsOf(client)
  const stop = new AbortController()
  const end = () => stop.abort()
  if (!internals || internals.closed.aborted) return end
  internals.closed.addEventListener('abort', end)
  void run(internals, options, stop.signal).finally(() => internals.closed.removeEventListener('abort', end))
  return end
}

/** One connection. Resolves when it has ended, to whether it is worth another one. */
async function connect(
  { session, url, cookies, fetch }: Internals,
  { onActivity, onOpen }: FollowOptions,
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
    if (data?.accountActivity) onActivity?.(data.accountActivity)
    const { code, reason } = errors?.[0]?.extensions ?? {}
    found.isRefused = code === 'UNAUTHENTICATED'
    if (reason === 'SESSION_ENDED') session.revoked(era)
  }

  stop.addEventListener('abort', abort)
  heard()
  try {
    const { signal } = connection
    const token = cookies ? undefined : await session.accessToken(signal)
    const sending = { document: ACCOUNT_ACTIVITY, cookies, token, signal }
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

async function run(internals: Internals, options: FollowOptions, stop: AbortSignal): Promise<void> {
  let pause = SHORTEST_PAUSE_MS
  while (!stop.aborted) {
    const since = Date.now()
    try {
      if (!(await connect(internals, options, stop))) return
    } catch (error) {
      // There is no session to follow, or nothing that could be followed.
      if (hasCode(error, 'UNAUTHENTICATED', 'REFRESH_TOKEN_REUSED', 'NOT_FOUND')) return
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

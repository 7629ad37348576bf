// Sends one GraphQL request. Knows nothing about sessions and never retries.
import { dataOf } from './answer.js'
import { isPage } from './environment.js'
import { PosternError } from './errors.js'

export interface Sending {
  readonly document: string
  readonly variables?: object | undefined
  /** The access token, if there is one. */
  readonly token?: string | undefined
  /** Whether to send cookies, and to accept those of the response. */
  readonly cookies?: boolean
  /** Whether the browser must store the cookies of the response even if the page is left before it arrives. */
  readonly isRotation?: boolean
  readonly signal?: AbortSignal | undefined
}

export type Transport = ReturnType<typeof createTransport>

export type Fetch = typeof globalThis.fetch

export const globalFetch: Fetch = (...request) => globalThis.fetch(...request)

export const NETWORK_ERROR = "Can't reach the service. Check your connection."

/** How a document is sent. */
export const requestOf = (
  { document, variables, token, cookies, isRotation }: Sending,
  accept: string,
): RequestInit => ({
  method: 'POST',
  headers: {
    accept,
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
    ...(cookies && { 'x-postern-cookies': '1' }),
  },
  body: JSON.stringify({ query: document, variables }),
  // A password must not follow a redirect to another server. Not 'error', which workerd lacks.
  redirect: 'manual',
  ...environment(cookies, isRotation),
})

/** Resolves to the data of the response. `closed` aborts every request, now and later, with its reason. */
export function createTransport(url: string, timeout: number, closed: AbortSignal, fetch: Fetch = globalFetch) {
  return async (sending: Sending): Promise<Record<string, unknown>> => {
    const { signal } = sending
    const signals = signal ? [signal, closed] : [closed]
    for (const one of signals) one.throwIfAborted()
    // Variables that can't be written as JSON are a bug of the caller, not a network error.
    const request = requestOf(sending, 'application/json')
    const controller = new AbortController()
    const late = new PosternError('TIMEOUT', { message: "The service didn't respond in time. Try again in a moment." })
    const timer = setTimeout(() => controller.abort(late), timeout)
    const abort = ({ target }: Event) => controller.abort((target as AbortSignal).reason)
    for (const one of signals) one.addEventListener('abort', abort)
    try {
      const response = await untilAborted(
        (async () => {
          const answer = await fetch(url, { ...request, signal: controller.signal })
          return [answer, await answer.text()] as const
        })(),
        controller.signal,
      )
      return dataOf(...response)
    } catch (cause) {
      if (controller.signal.aborted) throw controller.signal.reason
      // With a digest, Next.js says that a page can't be rendered at build time. It must receive that itself.
      if (cause instanceof PosternError || (cause as { digest?: unknown } | null)?.digest) throw cause
      throw new PosternError('NETWORK_ERROR', { message: NETWORK_ERROR, cause })
    } finally {
      clearTimeout(timer)
      for (const one of signals) one.removeEventListener('abort', abort)
    }
  }
}

/** The options that not every environment knows: workerd refuses a request that has one it lacks. */
function environment(cookies = false, keepalive = false): RequestInit {
  if (isPage()) return { credentials: cookies ? 'include' : 'same-origin', keepalive }
  // Frameworks such as Next.js would otherwise give one visitor's response to others. In a page, it would cause a CORS
  // preflight for each request, and browsers cache no POST anyway.
  const { Request } = globalThis as Partial<typeof globalThis>
  return Request && 'cache' in Request.prototype ? { cache: 'no-store' } : {}
}

/** Rejects as soon as the signal is aborted. The promise itself continues, and its outcome is ignored. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

import { dataOf } from './answer.js'
import { PosternError } from './errors.js'

/** One request. */
export interface Sending {
  readonly document: string
  readonly variables?: object | undefined
  /** The access token, where there is one. */
  readonly token?: string | undefined
  /** Whether cookies go with it, and may be set by the answer. */
  readonly cookies?: boolean
  readonly signal?: AbortSignal | undefined
}

export type Transport = ReturnType<typeof createTransport>

/** Sends one request and gives the data of its answer. Knows nothing of sessions and tries nothing twice. */
export function createTransport(url: string, timeout: number, fetch: typeof globalThis.fetch) {
  return async ({ document, variables, token, cookies, signal }: Sending): Promise<Record<string, unknown>> => {
    signal?.throwIfAborted()
    // What cannot be written as JSON is the caller's defect, and no matter of the network.
    const body = JSON.stringify({ query: document, variables })
    const controller = new AbortController()
    const late = new PosternError('TIMEOUT', { message: 'The service did not answer in time. Try again in a moment.' })
    const timer = setTimeout(() => controller.abort(late), timeout)
    const abort = () => controller.abort(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      const response = await untilAborted(
        (async () => {
          const answer = await fetch(url, {
            method: 'POST',
            headers: {
              accept: 'application/json',
              'content-type': 'application/json',
              ...(token && { authorization: `Bearer ${token}` }),
              ...(cookies && { 'x-postern-cookies': '1' }),
            },
            body,
            credentials: cookies ? 'include' : 'same-origin',
            // A password does not follow to where somebody else points.
            redirect: 'error',
            signal: controller.signal,
          })
          return [answer, await answer.text()] as const
        })(),
        controller.signal,
      )
      return dataOf(...response)
    } catch (cause) {
      if (controller.signal.aborted) throw controller.signal.reason
      if (cause instanceof PosternError) throw cause
      throw new PosternError('NETWORK_ERROR', {
        message: 'The service cannot be reached. Check the connection and try again.',
        cause,
      })
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
}

/** A promise that somebody may stop to wait for; what it comes to afterwards is nobody's business. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

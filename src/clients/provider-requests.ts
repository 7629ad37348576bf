// Sends small requests over HTTP to services of other companies: bounded in time and in size.

/** The provider gave no usable answer: it could not be reached, was too slow, or sent something else. */
export class ProviderFailure extends Error {
  override readonly name = 'ProviderFailure'
  readonly isTimeout: boolean

  constructor(message: string, { isTimeout = false, cause }: { isTimeout?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.isTimeout = isTimeout
  }
}

interface Bounds {
  timeoutMs: number
  /** The longest body that is read. */
  maxBytes: number
}

/**
 * `fetch` with bounds: the body has arrived when it resolves. Returns a redirect like any other response. Rejects with
 * ProviderFailure, also for a status from 500 on.
 */
export async function fetchWithin(
  url: string,
  { timeoutMs, maxBytes, signal, ...init }: Bounds & RequestInit,
): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      ...{ ...init, redirect: 'manual' },
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    })
    const text = await readBody(response, maxBytes)
    const { status, headers } = response
    if (status >= 500 || status === 429) throw new ProviderFailure(`the provider answered ${status}`)
    return new Response([204, 205, 304].includes(status) ? null : text, { status, headers })
  } catch (cause) {
    if (cause instanceof ProviderFailure) throw cause
    if (timeout.aborted) throw new ProviderFailure('the provider did not respond in time', { isTimeout: true })
    throw new ProviderFailure('the provider could not be reached', { cause })
  }
}

/** Resolves with the status and the body. Follows no redirect, which could send a secret elsewhere. */
export async function requestProvider(
  url: URL,
  { timeoutMs, maxBytes, ...init }: Bounds & Pick<RequestInit, 'method' | 'headers' | 'body'>,
): Promise<{ status: number; text: string }> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal })
    return { status: response.status, text: await readBody(response, maxBytes) }
  } catch (cause) {
    if (cause instanceof ProviderFailure) throw cause
    if (signal.aborted) throw new ProviderFailure('the provider did not respond in time', { isTimeout: true })
    throw new ProviderFailure('the provider could not be reached', { cause })
  }
}

async function readBody({ body }: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Leaving the loop cancels the body.
  for await (const chunk of body ?? []) {
    size += chunk.byteLength
    if (size > maxBytes) throw new ProviderFailure('the answer of the provider is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

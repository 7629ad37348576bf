// Sends a refresh, and once more if its response was lost.
import { REFRESH_RETRY_WITHIN_MS } from '@postern/contract/refresh'
import { REFRESH } from './documents.js'
import { hasCode } from './errors.js'
import { untilAborted, type Transport } from './transport.js'

/**
 * The service may have used the token although its response was lost. It accepts the token again for a while, so the second
 * try gets the same new tokens. `isCurrent`: whether the session is still the one to refresh.
 */
export async function sendRefresh(
  send: Transport,
  sending: { readonly token: string; readonly cookies: boolean },
  isCurrent: () => boolean,
  closed: AbortSignal,
): Promise<Record<string, unknown>> {
  const { token, cookies } = sending
  const once = () => send({ document: REFRESH, variables: { token }, cookies, isRotation: cookies })
  try {
    return await once()
  } catch (error) {
    const isLost = hasCode(error, 'NETWORK_ERROR', 'TIMEOUT', 'SERVICE_UNAVAILABLE')
    // A service that says when to try again has not used the token.
    if (!isLost || error.retryAfter !== undefined) throw error
    // After an outage, not all clients at the same moment.
    let timer: ReturnType<typeof setTimeout> | undefined
    const pause = new Promise((resolve) => (timer = setTimeout(resolve, Math.random() * REFRESH_RETRY_WITHIN_MS)))
    await untilAborted(pause, closed).finally(() => clearTimeout(timer))
    if (!isCurrent()) throw error
    return once()
  }
}

// Notices when a client disconnects before it has its response.
import type { ServerResponse } from 'node:http'

/** A signal that aborts if the connection closes before the response was sent. */
export function abortOnDisconnect(response: ServerResponse): AbortSignal {
  if (response.destroyed) return AbortSignal.abort()
  const controller = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) controller.abort()
  })
  return controller.signal
}

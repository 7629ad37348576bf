import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long a kept connection may stay silent before it is cut off, in milliseconds: a request may be on its way. */
const FAREWELL = 500

/**
 * Takes no more connections, and waits for those there are: each is closed by the answer to its next request, which
 * carries `Connection: close`. What stays silent is left to the caller's close().
 */
export async function drain(server: Server): Promise<void> {
  // http.Server's own close() would cut off kept connections at once, with requests on their way in them.
  NetServer.prototype.close.call(server)
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
  const deadline = performance.now() + FAREWELL
  while (performance.now() < deadline && (await connections()) > 0) await sleep(10)
}

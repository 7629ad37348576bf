// Ends the connections of a server that stops, without losing a request.
import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** How long idle connections stay open, because a request may be on its way. */
const IDLE_TIMEOUT_MS = 800

/** How long a request may take to arrive during a drain, so that half a request does not delay the end. */
const REQUEST_TIMEOUT_MS = 500

/** How long to accept connections that the system has already made. Under load there are always new ones. */
const ACCEPT_TIMEOUT_MS = 250

/** How long to wait before counting the open connections again. */
const CHECK_INTERVAL_MS = 10

/**
 * Accepts no new connections and waits for the open ones: each is closed by its next response, which carries
 * `Connection: close` from the call of `onClosed` on. Not earlier: a client that is sent away while the port is open
 * reconnects to it. Idle connections are left to the caller's close().
 */
export async function drain(server: Server, onClosed: () => void): Promise<void> {
  await acceptWaitingConnections(server)
  // close() of http.Server would cut idle connections at once, even if a request is on its way.
  NetServer.prototype.close.call(server)
  onClosed()
  server.headersTimeout = server.requestTimeout = REQUEST_TIMEOUT_MS
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
  const deadline = performance.now() + IDLE_TIMEOUT_MS
  while (performance.now() < deadline && (await connections()) > 0) await sleep(CHECK_INTERVAL_MS)
}

/** The system makes connections ahead of Node, which accepts one per turn of the event loop; close() resets the rest. */
async function acceptWaitingConnections(server: Server): Promise<void> {
  const deadline = performance.now() + ACCEPT_TIMEOUT_MS
  let accepted = true
  const onConnection = () => {
    accepted = true
  }
  server.on('connection', onConnection)
  while (accepted && performance.now() < deadline) {
    accepted = false
    await nextTurn()
    await nextTurn()
  }
  server.off('connection', onConnection)
}

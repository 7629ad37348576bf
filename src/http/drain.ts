import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'

/** How long a kept connection may stay silent before it is cut off, in milliseconds: a request may be on its way. */
const FAREWELL = 800

/** How long a request may take to arrive by then: nobody who sends half of one should hold up the end. */
const ARRIVAL = 500

/** The longest that connections which are already made are waited for, in milliseconds: new ones never end under load. */
const WAITING = 250

/**
 * Takes no more connections, and waits for those there are: each is closed by the answer to its next request, which
 * carries `Connection: close` from the call of `onDeaf` on. Not before: a client that is sent away while the port is open
 * comes back over a new connection. What stays silent is left to the caller's close().
 */
export async function drain(server: Server, onDeaf: () => void): Promise<void> {
  await takeWaitingConnections(server)
  // http.Server's own close() would cut off kept connections at once, with requests on their way in them.
  NetServer.prototype.close.call(server)
  onDeaf()
  server.headersTimeout = server.requestTimeout = ARRIVAL
  const connections = () =>
    new Promise<number>((resolve) => server.getConnections((error, count) => resolve(error ? 0 : count)))
  const deadline = performance.now() + FAREWELL
  while (performance.now() < deadline && (await connections()) > 0) await sleep(10)
}

/** The system makes connections by itself, Node takes one in each turn of the event loop, and close() resets the rest. */
async function takeWaitingConnections(server: Server): Promise<void> {
  const deadline = performance.now() + WAITING
  let taken = true
  const note = () => {
    taken = true
  }
  server.on('connection', note)
  while (taken && performance.now() < deadline) {
    taken = false
    await nextTurn()
    await nextTurn()
  }
  server.off('connection', note)
}

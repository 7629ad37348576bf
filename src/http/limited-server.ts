// Creates the server of Node.js, with the limits of its connections.
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { hasBegunResponse } from '@postern/service/begun-responses'
import type { Logger } from '@postern/service/logger'
import { isWebSocket } from './subscriptions/upgrades.js'

const TIMEOUTS_MS = {
  /** How long an idle connection stays open. */
  keepAliveTimeout: 72_000,
  /** How long a request may take to arrive, head and body. The largest has 100 KiB. */
  requestTimeout: 10_000,
  /** How often Node checks for requests that are late. */
  connectionsCheckingInterval: 200,
}

/** What bounds the connections of a process. */
export interface ConnectionLimits {
  /** More connections are closed at once. */
  maxConnections: number
  /** How long a connection with a request may be silent: nothing is sent, or the client reads nothing of what is. */
  responseTimeoutMs: number
}

/** Refused connections are logged at most this often. */
const DROP_LOG_INTERVAL_MS = 60_000

export function createLimitedServer(limits: ConnectionLimits, logger: Logger, handle: RequestListener): Server {
  const server: Server = createServer({ ...TIMEOUTS_MS, shouldUpgradeCallback: isUpgrade }, handle)
  // Without subscriptions there is no listener, and a request to upgrade is answered as any other.
  function isUpgrade(request: IncomingMessage): boolean {
    return server.listenerCount('upgrade') > 0 && isWebSocket(request)
  }
  // Before the listener of Fastify, which writes an error to every connection that is open.
  server.on('clientError', (_error, socket) => {
    if (hasBegunResponse(socket)) socket.destroy()
  })
  server.maxConnections = limits.maxConnections
  // Node destroys the connection. Between two requests keepAliveTimeout applies instead.
  server.timeout = limits.responseTimeoutMs
  let [dropped, lastLogged] = [0, -Infinity]
  server.on('drop', () => {
    dropped++
    if (performance.now() - lastLogged < DROP_LOG_INTERVAL_MS) return
    logger.warn({ dropped }, 'connections were refused: MAX_CONNECTIONS are open')
    ;[dropped, lastLogged] = [0, performance.now()]
  })
  return server
}

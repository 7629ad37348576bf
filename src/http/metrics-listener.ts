// Serves the metrics on METRICS_PORT: of one process, or in the primary for its whole group.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Config } from '../config/index.js'
import type { Logger } from '../platform/logger.js'
import { createMetricsEndpoint, METRICS_PATHS } from './metrics-endpoint.js'

export interface MetricsListener {
  close(): void
}

const TIMEOUTS_MS = { requestTimeout: 10_000, keepAliveTimeout: 72_000 }

/** Null if there is no METRICS_PORT. Rejects with the system's error if it can't listen. */
export async function listenForMetrics(
  config: Pick<Config, 'HOST' | 'METRICS_PORT' | 'METRICS_TOKEN'>,
  text: () => Promise<string>,
  logger: Logger,
): Promise<MetricsListener | null> {
  const { HOST, METRICS_PORT, METRICS_TOKEN } = config
  if (METRICS_PORT === undefined) return null
  const endpoint = createMetricsEndpoint(text, METRICS_TOKEN)

  async function respond({ url = '', method, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = METRICS_PATHS.find((known) => known === url.split('?')[0])
    if (!path || (method !== 'GET' && method !== 'HEAD')) return void response.writeHead(404).end()
    const { status, headers: answered, body } = await endpoint(path, headers.authorization)
    response.writeHead(status, answered).end(body)
  }

  const server = createServer(TIMEOUTS_MS, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      logger.error({ err: error }, "the metrics can't be read")
      response.writeHead(503).end()
    })
  })
  server.listen({ host: HOST, port: METRICS_PORT })
  await once(server, 'listening')
  const { address, family, port } = server.address() as AddressInfo
  logger.info({ url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}` }, 'metrics listen')
  return {
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

// Serves metrics on a port of their own.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from './logger.js'

export interface MetricsAnswer {
  status: number
  headers: Record<string, string>
  body: string
}

export interface MetricsListener {
  readonly url: string
  close(): void
}

interface Options {
  host: string
  port: number
  /** Null if nothing is served at this path. */
  answer: (path: string, authorization: string | undefined) => Promise<MetricsAnswer> | null
  logger: Logger
}

const TIMEOUTS_MS = { requestTimeout: 10_000, keepAliveTimeout: 72_000 }

/** Rejects with the system's error if it can't listen. */
export async function serveMetrics({ host, port, answer, logger }: Options): Promise<MetricsListener> {
  async function respond({ url = '', method, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const isRead = method === 'GET' || method === 'HEAD'
    const answered = isRead ? await answer(url.split('?')[0] ?? '', headers.authorization) : null
    if (!answered) return void response.writeHead(404).end()
    response.writeHead(answered.status, answered.headers).end(answered.body)
  }

  const server = createServer(TIMEOUTS_MS, (request, response) => {
    respond(request, response).catch((error: unknown) => {
      logger.error({ err: error }, "the metrics can't be read")
      response.writeHead(503).end()
    })
  })
  server.listen({ host, port })
  await once(server, 'listening')
  const { address, family, port: bound } = server.address() as AddressInfo
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`
  logger.info({ url }, 'metrics listen')
  return {
    url,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

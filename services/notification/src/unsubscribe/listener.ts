// Serves the links that unsubscribe: a POST does it at once, as mail programs want it (RFC 8058), and a GET shows a button. Scanners of
// mails open links, and must not unsubscribe anyone.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '@postern/service/logger'
import { UNSUBSCRIBE_PATH, type UnsubscribeLinks, type Unsubscription } from './links.js'
import { pageOf } from './page.js'

const TIMEOUTS_MS = { requestTimeout: 10_000, keepAliveTimeout: 5000 }

/** The address of a link is as good as a sign-in for one setting: no cache and no other site gets it. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}

interface Options {
  host: string
  port: number
  links: Pick<UnsubscribeLinks, 'read'>
  /** Twice is harmless. */
  unsubscribe: (what: Unsubscription) => Promise<void>
  appName: string
  logger: Logger
}

export interface UnsubscribeListener {
  url: string
  close: () => Promise<void>
}

/** Rejects with the system's error if it can't listen. */
export async function listenForUnsubscriptions(options: Options): Promise<UnsubscribeListener> {
  const { host, port, links, unsubscribe, appName, logger } = options

  async function answer({ url = '', method }: IncomingMessage): Promise<[status: number, text: string]> {
    const [path = ''] = url.split('?', 1)
    const found = path.startsWith(UNSUBSCRIBE_PATH) ? links.read(path.slice(UNSUBSCRIBE_PATH.length)) : null
    if (!found) return [404, pageOf({ kind: 'unknown', appName })]
    if (method === 'GET' || method === 'HEAD') return [200, pageOf({ kind: 'question', appName })]
    if (method !== 'POST') return [405, pageOf({ kind: 'unknown', appName })]
    await unsubscribe(found)
    return [200, pageOf({ kind: 'done', appName })]
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [status, text] = await answer(request).catch((error: unknown): [number, string] => {
      logger.error({ err: error }, 'a person could not be unsubscribed')
      return [503, pageOf({ kind: 'later', appName })]
    })
    // Nothing of a body is read.
    response.writeHead(status, { ...HEADERS, connection: 'close', ...(status === 503 && { 'retry-after': '5' }) })
    response.end(request.method === 'HEAD' ? undefined : text)
  }

  const server = createServer(TIMEOUTS_MS, (request, response) => void respond(request, response))
  server.listen({ host, port })
  await once(server, 'listening')
  const { address, family, port: bound } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
      }),
  }
}

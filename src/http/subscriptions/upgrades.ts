// Decides which requests may become WebSockets, and answers the others.
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RequestFacts } from '@postern/service/requests/facts'
import type { Config } from '../../config/index.js'
import { MALFORMED_HOST, SEVERAL_HOSTS } from '../error-responses.js'
import { hasSeveralHosts, isHost } from '../request-head.js'
import { mayOpen } from './origins.js'

export interface Refusal {
  status: number
  code: string
  message: string
  retryAfter?: number | undefined
}

/** All other requests with an Upgrade header, such as h2c of Java's client, are answered as if they had none. */
export const isWebSocket = ({ method, url = '', headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket' && url.split('?', 1)[0] === '/graphql'

/** Null if it may. */
export function upgradeRefusal(
  request: IncomingMessage,
  { host }: Pick<RequestFacts, 'host'>,
  { ALLOWED_ORIGINS }: Pick<Config, 'ALLOWED_ORIGINS'>,
): Refusal | null {
  if (hasSeveralHosts(request)) return SEVERAL_HOSTS
  if (!isHost(request.headers.host) || !isHost(host)) return MALFORMED_HOST
  if (mayOpen(request.headers.origin, host, ALLOWED_ORIGINS)) return null
  const message = 'This origin is not allowed to open a WebSocket: it is not in ALLOWED_ORIGINS.'
  return { status: 403, code: 'FORBIDDEN', message }
}

/** Answers and closes the connection. */
export function refuseUpgrade(socket: Duplex, { status, code, message, retryAfter }: Refusal, requestId: string): void {
  const extensions = { code, ...(retryAfter !== undefined && { retryAfter }), requestId }
  const body = JSON.stringify({ errors: [{ message, extensions }] })
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    ...(retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]),
    'cache-control: no-store',
    'connection: close',
  ]
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

// Answers what is no HTTP request, or one that is too large or too slow. There is no request object for it.
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { STATUS_CODES } from 'node:http'
import { hasBegunResponse } from '@postern/service/begun-responses'
import { badRequest } from './failure.js'
import { PROBLEM_TYPE, problemOf } from './problem.js'

const FAILURES = new Map([
  ['HPE_HEADER_OVERFLOW', badRequest('The head of the request is too large.', 431)],
  ['ERR_HTTP_REQUEST_TIMEOUT', badRequest('The request took too long to arrive.', 408)],
])

const MALFORMED = badRequest('This is no valid HTTP request.')

export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return
  if (!socket.writable || hasBegunResponse(socket)) return void socket.destroy()
  const { parts } = FAILURES.get(error.code ?? '') ?? MALFORMED
  const body = JSON.stringify(problemOf(parts, randomUUID()))
  const head = [
    `HTTP/1.1 ${parts.status} ${STATUS_CODES[parts.status] ?? ''}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

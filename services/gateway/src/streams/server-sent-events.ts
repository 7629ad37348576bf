// Answers a GET with server-sent events: each response of the RPC is one.
import { fromBinary, type Message, toBinary } from '@bufbuild/protobuf'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problemOf } from '../http/problem.js'
import type { Match } from '../routes/match.js'
import type { Route } from '../routes/route.js'
import { readMessage } from '../transcoding/request.js'
import { responseJson } from '../transcoding/response.js'
import type { StreamFormat } from './format.js'
import type { SendStream } from './send-stream.js'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would keep events back until its buffer is full.
  'x-accel-buffering': 'no',
}

/** Longer than any id. */
const MAX_ID = 200

export type SendEvents = (request: FastifyRequest, reply: FastifyReply, match: Match) => Promise<FastifyReply>

export const createEventSender =
  (sendStream: SendStream): SendEvents =>
  async (request, reply, match) => {
    const { route } = match
    const message = readMessage(request, match)
    // RFC 9110: HEAD has the headers of GET.
    if (request.method === 'HEAD') return reply.headers(HEADERS).send()
    resume(message, route, request)
    const format = formatOf(route, request.id)
    return sendStream(request, reply, { rpc: route, message: toBinary(route.method.input, message), format })
  }

/** The header counts more than the query: a browser that comes back sends it to the URL that it had at first. */
function resume(message: Message, { events }: Route, { headers: { 'last-event-id': last } }: FastifyRequest): void {
  const field = events?.resumeAfter
  if (!field || typeof last !== 'string' || last === '') return
  ;(message as Message & Record<string, unknown>)[field.localName] = last.slice(0, MAX_ID)
}

const formatOf = (route: Route, requestId: string): StreamFormat => ({
  headers: HEADERS,
  beginning: ': ready\n\n',
  message: (encoded) => `${idOf(route, encoded)}data: ${responseJson(route, encoded)}\n\n`,
  // Not `error`: browsers have an event of that name of their own.
  end: (failure) => failure && `event: problem\ndata: ${JSON.stringify(problemOf(failure.parts, requestId))}\n\n`,
  heartbeat: ':\n\n',
})

function idOf({ method, events }: Route, encoded: Uint8Array): string {
  if (!events?.id) return ''
  let value: unknown = fromBinary(method.output, encoded)
  for (const { localName } of events.id) value = (value as Record<string, unknown> | undefined)?.[localName]
  return typeof value === 'string' && value !== '' && !/[\r\n\0]/.test(value) ? `id: ${value}\n` : ''
}

// Serves /graphql/stream: one subscription per request, as server-sent events (graphql-sse, distinct connections mode).
import { PassThrough } from 'node:stream'
import type { ErrorReason } from '@postern/contract/errors'
import { ServiceError } from '@postern/service/errors'
import { reportError, type RequestFactsStore } from '@postern/service/requests/facts'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { CloseReason } from '../../services/subscriptions/index.js'
import type { RequestContexts } from '../graphql/request-context.js'
import { createHostRule } from '../host-rule.js'
import type { Connections } from './connections.js'
import type { OperationRequest, Operations, SafeResult, Started } from './operations.js'

export const STREAM_ROUTE = '/graphql/stream'

/** Proxies close a connection that is silent for longer: nginx after 60 s. */
const PING_MS = 15_000

/** A client that leaves this much unread, in bytes, is closed. */
const MOST_UNREAD = 64 * 1024

/** How long a client may read nothing of the end of its stream: as for any response, but the session may be over. */
const END_TIMEOUT_MS = 2500

const COMPLETE = 'event: complete\ndata: \n\n'

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would keep events back until its buffer is full.
  'x-accel-buffering': 'no',
}

/** Statuses of a refusal. The codes say more. */
const STATUSES: Record<string, number> = {
  FORBIDDEN: 403,
  RATE_LIMITED: 429,
  SERVICE_UNAVAILABLE: 503,
  INTERNAL_SERVER_ERROR: 500,
}

interface Parts {
  connections: Connections
  operations: Operations
  requestFacts: RequestFactsStore
  contextOf: RequestContexts
}

const next = (result: SafeResult): string => `event: next\ndata: ${JSON.stringify(result)}\n\n`

export function registerServerSentEvents(http: FastifyInstance, parts: Parts): void {
  const { connections, operations, requestFacts, contextOf } = parts

  http.route({
    url: STREAM_ROUTE,
    method: 'POST',
    onRequest: createHostRule(requestFacts),
    async handler(request, reply) {
      const facts = requestFacts.of(request.raw)
      const body = new PassThrough()
      let reason: CloseReason | null = null
      const connection = connections.open(facts, 'sse', (why) => {
        reason = why
        // The results have ended, which ends the body, unless the client does not read it.
        if (why === 'slow_reader') body.destroy()
        else request.raw.socket.setTimeout(END_TIMEOUT_MS)
      })
      const end = () => connection.ended('client')
      reply.raw.once('close', end)
      try {
        const { context } = contextOf(request.raw, reply.raw, facts)
        const isSignedIn = await connection.signIn(context).then(() => true, unlessSignedOut)
        if (!isSignedIn) {
          connection.ends('refused')
          reportError(facts, 'UNAUTHENTICATED')
          return await refuseSignedOut(reply, request.id)
        }
        const started = await operations(bodyOf(request), facts, context)
        if ('errors' in started) {
          connection.ends('refused')
          // The session may have ended since it was checked.
          if (started.errors[0]?.extensions?.['code'] === 'UNAUTHENTICATED')
            return await refuseSignedOut(reply, request.id)
          return await refuse(reply, started)
        }
        void send(body, started, () => reason, request).catch(() => body.destroy())
        body.once('close', () => void started.results.return())
        return await reply
          .headers(HEADERS)
          // A kept connection would delay a stop, and lead a client that comes back to the process that stops.
          .header('connection', 'close')
          .send(body)
      } catch (error) {
        connection.ends('refused')
        throw error
      }
    },
  })
}

function signedOut(requestId: string, reason?: ErrorReason): string {
  const { code, message } = new ServiceError('UNAUTHENTICATED')
  return next({ errors: [{ message, extensions: { code, ...(reason && { reason }), requestId } }] })
}

/** With the same status as over POST: pages sign in again by themselves, and browsers log every other status. */
const refuseSignedOut = (reply: FastifyReply, requestId: string): FastifyReply =>
  reply.headers(HEADERS).send(signedOut(requestId) + COMPLETE)

function unlessSignedOut(error: unknown): false {
  if (error instanceof ServiceError && error.code === 'UNAUTHENTICATED') return false
  throw error
}

const bodyOf = ({ body }: FastifyRequest): OperationRequest => (typeof body === 'object' && body !== null ? body : {})

function refuse(reply: FastifyReply, { errors }: Extract<Started, { errors: unknown }>): FastifyReply {
  const { code, retryAfter } = errors[0]?.extensions ?? {}
  if (typeof retryAfter === 'number') void reply.header('retry-after', String(retryAfter))
  return reply
    .code(STATUSES[String(code)] ?? 400)
    .header('cache-control', 'no-store')
    .send({ errors })
}

/** Resolves when the client has read what was written, or is gone. */
const drained = (body: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      body.off('drain', done).off('close', done)
      resolve()
    }
    body.on('drain', done).on('close', done)
  })

async function send(
  body: PassThrough,
  { results, safe }: Exclude<Started, { errors: unknown }>,
  reasonOf: () => CloseReason | null,
  { raw, id: requestId }: FastifyRequest,
): Promise<void> {
  // RESPONSE_TIMEOUT is for responses that end.
  if (reasonOf() === null) raw.socket.setTimeout(0)
  // Sends the head at once, and says that events arrive from now on.
  body.write(': ready\n\n')
  const ping = setInterval(() => {
    if (body.writableLength > MOST_UNREAD) body.destroy()
    else body.write(':\n\n')
  }, PING_MS).unref()
  body.once('close', () => clearInterval(ping))
  for await (const result of results) if (!body.write(next(safe(result)))) await drained(body)
  clearInterval(ping)
  if (body.destroyed) return
  const reason = reasonOf()
  if (reason !== null && reason !== 'stopping') {
    // Says that the token is of no use any more. After a stop, the same token works at another instance.
    body.write(signedOut(requestId, reason === 'session_ended' ? 'SESSION_ENDED' : undefined))
  }
  body.end(COMPLETE)
}

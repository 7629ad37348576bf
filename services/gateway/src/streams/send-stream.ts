// Sends the responses of a stream to a client while they arrive, and no faster than the client reads them.
import { PassThrough } from 'node:stream'
import { status } from '@grpc/grpc-js'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure, unexpected } from '../http/failure.js'
import type { Rpc } from '../routes/rpc.js'
import type { Open } from '../upstreams/calls.js'
import type { MessageStream } from '@postern/service/grpc/message-stream'
import type { StreamFormat } from './format.js'
import type { OpenStream, OpenStreams } from './open-streams.js'

/** Proxies close a connection that is silent for longer: nginx after 60 s. */
const HEARTBEAT_MS = 15_000

/** Throws a Failure if the stream can't be opened. `timeoutMs`: what the client asks for. */
export type SendStream = (
  request: FastifyRequest,
  reply: FastifyReply,
  what: { rpc: Rpc; message: Uint8Array; format: StreamFormat; timeoutMs?: number | undefined },
) => Promise<FastifyReply>

export const createStreamSender =
  (open: Open, streams: OpenStreams): SendStream =>
  async (request, reply, { rpc, message, format, timeoutMs }) => {
    const stream = streams.enter(request)
    reply.raw.once('close', () => stream.leave('client'))
    // The client may be gone already, and that event with it.
    if (reply.raw.destroyed) stream.leave('client')
    const messages = await open(request, rpc, message, stream.signal, timeoutMs).catch((error: unknown) => {
      stream.leave('refused')
      throw stream.failure() ?? error
    })
    request.facts.answeredAt = performance.now()
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => stream.end('client', late()), timeoutMs)
    reply.raw.once('close', () => clearTimeout(timer))
    // Without heartbeats, a stream is as quiet as what it is about.
    if (format.heartbeat === null) request.raw.socket.setTimeout(0)
    const body = new PassThrough()
    // The client has disconnected.
    body.on('error', () => undefined)
    // It knows that the stream is open before there is a message.
    reply.raw.once('pipe', () => reply.raw.flushHeaders())
    void send(body, messages, { request, stream, format })
    return (
      reply
        .headers(format.headers)
        // A kept connection would delay a stop, and lead a client that comes back to the gateway that stops.
        .header('connection', 'close')
        .send(body)
    )
  }

interface Sending {
  request: FastifyRequest
  stream: OpenStream
  format: StreamFormat
}

async function send(body: PassThrough, messages: MessageStream, { request, stream, format }: Sending): Promise<void> {
  if (format.beginning !== null) body.write(format.beginning)
  const heartbeat = setInterval(() => {
    if (format.heartbeat !== null && !body.writableNeedDrain) body.write(format.heartbeat)
  }, HEARTBEAT_MS).unref()
  let failure: Failure | null = null
  try {
    for await (const message of messages) if (!body.write(format.message(message))) await drained(body)
  } catch (error) {
    failure = stream.failure() ?? (error instanceof Failure ? error : unexpected(error))
    request.facts.code = failure.parts.code
  }
  clearInterval(heartbeat)
  stream.leave(failure ? 'failed' : 'completed')
  if (!body.destroyed) body.end(format.end(failure) ?? undefined)
}

/** Resolves when the client has read what was written, or is gone. */
const drained = (body: PassThrough): Promise<void> =>
  new Promise((resolve) => {
    if (body.destroyed) return resolve()
    const done = () => {
      body.off('drain', done).off('close', done)
      resolve()
    }
    body.on('drain', done).on('close', done)
  })

const late = (): Failure =>
  new Failure({
    status: 504,
    grpc: status.DEADLINE_EXCEEDED,
    code: 'TIMEOUT',
    message: 'The time of the client is over.',
  })

// Answers gRPC-Web requests: the messages of the frames are passed on as they are.
import { status } from '@grpc/grpc-js'
import { rpcPathOf } from '@postern/proto/grpc-service'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Failure } from '../http/failure.js'
import { isForServices, type Rpc } from '../routes/rpc.js'
import type { SendStream } from '../streams/send-stream.js'
import type { Call } from '../upstreams/calls.js'
import { decodeText, readMessageFrame } from './frames.js'
import { type GrpcWebProtocol, sendGrpcWebMessage, streamFormat } from './response.js'

const TYPE = /^application\/(grpc-web|grpc-web-text)(?:\+proto)?(?:\s*;.*)?$/i

/** Null for a request of another protocol. */
export function grpcWebProtocolOf({ method, headers }: FastifyRequest): GrpcWebProtocol | null {
  if (method !== 'POST') return null
  return (TYPE.exec(headers['content-type'] ?? '')?.[1]?.toLowerCase() ?? null) as GrpcWebProtocol | null
}

/** The RPCs by their paths, such as `/postern.auth.v1.AuthService/Login`. The protocol has no streams of requests. */
export const createRpcTable = (rpcs: readonly Rpc[]): ReadonlyMap<string, Rpc> =>
  new Map(rpcs.filter(isServed).map((rpc) => [rpcPathOf(rpc.method), rpc]))

const isServed = ({ method }: Rpc): boolean =>
  (method.methodKind === 'unary' || method.methodKind === 'server_streaming') && !isForServices(method)

export type AnswerGrpcWeb = (
  request: FastifyRequest,
  reply: FastifyReply,
  rpc: Rpc,
  protocol: GrpcWebProtocol,
) => Promise<FastifyReply>

export const createGrpcWeb =
  (call: Call, sendStream: SendStream): AnswerGrpcWeb =>
  async (request, reply, rpc, protocol) => {
    const body = request.body as Buffer | undefined
    const bytes = protocol === 'grpc-web' ? body : body && decodeText(body)
    const message = bytes && readMessageFrame(bytes)
    if (!message) throw malformed()
    const timeoutMs = timeoutOf(request)
    if (rpc.method.methodKind !== 'unary')
      return sendStream(request, reply, { rpc, message, format: streamFormat(protocol), timeoutMs })
    const response = await call(request, reply, rpc, message, timeoutMs)
    return sendGrpcWebMessage(reply, protocol, response.message)
  }

const malformed = () =>
  new Failure({
    status: 400,
    grpc: status.INVALID_ARGUMENT,
    code: 'BAD_REQUEST',
    message: 'Send one message, without compression.',
  })

const UNITS_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

/** Node's timers end at once after more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** How long the client waits, such as `grpc-timeout: 5S`. Undefined if it does not say, or waits for weeks. */
function timeoutOf({ headers: { 'grpc-timeout': given } }: FastifyRequest): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(String(given ?? '')) ?? []
  const unitMs = UNITS_MS[unit]
  if (amount === undefined || unitMs === undefined) return undefined
  const timeoutMs = Number(amount) * unitMs
  return timeoutMs > LONGEST_TIMER_MS ? undefined : timeoutMs
}

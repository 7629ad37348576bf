// Calls the RPC of a request: with its metadata, its deadline, and until its client disconnects.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rpc } from '../routes/rpc.js'
import type { CallMetadata } from './call-metadata.js'
import { credentialsOf } from '../http/challenges.js'
import { failureOf } from './failure-of.js'
import type { CallOptions } from '@postern/service/grpc/call-options'
import type { MessageStream } from '@postern/service/grpc/message-stream'
import type { Upstream } from '@postern/service/grpc/upstream'
import type { KeptResponse } from '../cache/freshness.js'
import { UpstreamError } from '@postern/service/grpc/upstream-error'

/** Throws a Failure. `timeoutMs`: what the client asks for, if that is shorter. */
export type Call = (
  request: FastifyRequest,
  reply: FastifyReply,
  rpc: Rpc,
  message: Uint8Array,
  timeoutMs?: number,
) => Promise<KeptResponse>

/** Opens the stream of an RPC. Throws a Failure, and so does the stream when it breaks. `signal` ends it. */
export type Open = (
  request: FastifyRequest,
  rpc: Rpc,
  message: Uint8Array,
  signal: AbortSignal,
  timeoutMs?: number,
) => Promise<MessageStream>

interface Options {
  readonly upstreams: ReadonlyMap<string, Upstream<KeptResponse>>
  readonly metadataOf: CallMetadata
  readonly timeoutMs: number
}

export function createCalls({ upstreams, metadataOf, timeoutMs }: Options): { call: Call; open: Open } {
  function upstreamOf({ service }: Rpc): Upstream<KeptResponse> {
    const upstream = upstreams.get(service)
    if (!upstream) throw new Error(`there is no service ${service}`)
    return upstream
  }

  function optionsOf({ facts }: FastifyRequest, signal: AbortSignal, wantedMs: number): CallOptions {
    // REST has no header for it: there, the gateway itself wants an earlier one.
    const isClientsDeadline = wantedMs < timeoutMs && facts.protocol !== 'rest'
    return { deadline: new Date(Date.now() + Math.min(timeoutMs, wantedMs)), isClientsDeadline, signal }
  }

  return {
    async call(request, reply, rpc, message, wantedMs = Infinity) {
      const upstream = upstreamOf(rpc)
      const { signal, done } = untilDisconnect(reply)
      try {
        const options = optionsOf(request, signal, wantedMs)
        return await upstream.call(rpc.method, message, metadataOf(request, rpc.method), options)
      } catch (error) {
        throw asFailure(error, request)
      } finally {
        done()
      }
    },

    async open(request, rpc, message, signal, wantedMs = Infinity) {
      const upstream = upstreamOf(rpc)
      const options = optionsOf(request, signal, wantedMs)
      const metadata = metadataOf(request, rpc.method)
      const messages = await upstream.open(rpc.method, message, metadata, options).catch((error: unknown) => {
        throw asFailure(error, request)
      })
      return withFailures(messages, request)
    },
  }
}

const asFailure = (error: unknown, request: FastifyRequest): unknown =>
  error instanceof UpstreamError ? failureOf(error, credentialsOf(request)) : error

async function* withFailures(messages: MessageStream, request: FastifyRequest): MessageStream {
  try {
    yield* messages
  } catch (error) {
    throw asFailure(error, request)
  }
}

/** Aborted when the client disconnects before the response. */
function untilDisconnect({ raw }: FastifyReply): { signal: AbortSignal; done: () => void } {
  const controller = new AbortController()
  const abort = () => controller.abort()
  raw.once('close', abort)
  if (raw.destroyed) abort()
  return { signal: controller.signal, done: () => void raw.off('close', abort) }
}

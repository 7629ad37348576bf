// Calls the RPC of a request: with its metadata, its deadline, and until its client disconnects.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Rpc } from '../routes/rpc.js'
import type { CallMetadata } from './call-metadata.js'
import { failureOf } from './failure-of.js'
import type { Upstream, UpstreamResponse } from './upstream.js'
import { UpstreamError } from './upstream-error.js'

/** Throws a Failure. `timeoutMs`: what the client asks for, if that is shorter. */
export type Call = (
  request: FastifyRequest,
  reply: FastifyReply,
  rpc: Rpc,
  message: Uint8Array,
  timeoutMs?: number,
) => Promise<UpstreamResponse>

interface Options {
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly metadataOf: CallMetadata
  readonly timeoutMs: number
}

export const createCall =
  ({ upstreams, metadataOf, timeoutMs }: Options): Call =>
  async (request, reply, { service, method }, message, wantedMs = Infinity) => {
    const upstream = upstreams.get(service)
    if (!upstream) throw new Error(`there is no service ${service}`)
    const deadline = new Date(Date.now() + Math.min(timeoutMs, wantedMs))
    const { signal, done } = untilDisconnect(reply)
    // REST has no header for it: there, the gateway itself wants an earlier one.
    const isClientsDeadline = wantedMs < timeoutMs && request.facts.protocol !== 'rest'
    try {
      const options = { deadline, isClientsDeadline, signal }
      return await upstream.call(method, message, metadataOf(request, method), options)
    } catch (error) {
      throw error instanceof UpstreamError ? failureOf(error) : error
    } finally {
      done()
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

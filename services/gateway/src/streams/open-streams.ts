// The open streams of this gateway: how many there may be, and what ends them.
import { status } from '@grpc/grpc-js'
import { networkOf } from '@postern/service/networks'
import type { FastifyRequest } from 'fastify'
import { failureOf } from '../authentication/refusal.js'
import type { Sessions } from '../authentication/sessions.js'
import { Failure, MESSAGES } from '../http/failure.js'

/** Each tab of a person can have one, and each is a connection and a call. */
const MOST_PER_CLIENT = 20

/** How often the sessions of all streams are checked. To check one is a look-up in memory. */
const CHECK_INTERVAL_MS = 1000

/** Until clients that have too many may try again, in seconds. */
const RETRY_AFTER = 30

/** Why a stream has ended. `completed`: by the service. `session`: it is over. */
export type StreamEnd = 'client' | 'completed' | 'failed' | 'refused' | 'session' | 'stopping'
export const STREAM_ENDS: readonly StreamEnd[] = ['client', 'completed', 'failed', 'refused', 'session', 'stopping']

export interface OpenStream {
  /** Aborted when the stream must end. */
  readonly signal: AbortSignal
  /** What its client is told then. Null if there is nothing to say, or nobody. */
  readonly failure: () => Failure | null
  /** Ends it, with what its client is told. */
  end(why: StreamEnd, failure: Failure | null): void
  /** Call it once it is over. The first reason counts. */
  leave(why: StreamEnd): void
}

export type OpenStreams = ReturnType<typeof createOpenStreams>

/** `onEnd` gets the reason. */
export function createOpenStreams(sessions: Pick<Sessions, 'recheck'>, onEnd: (why: StreamEnd) => void) {
  const open = new Map<OpenStream, FastifyRequest>()
  const perClient = new Map<string, number>()
  let timer: NodeJS.Timeout | null = null
  let isStopping = false

  function check(): void {
    for (const [stream, request] of open) {
      // Whoever needed no token to open a stream needs none to keep it.
      const refusal = request.facts.auth && sessions.recheck(request)
      if (refusal) stream.end('session', failureOf(refusal, request))
    }
  }

  function add(stream: OpenStream, client: string, request: FastifyRequest): void {
    open.set(stream, request)
    perClient.set(client, (perClient.get(client) ?? 0) + 1)
    timer ??= setInterval(check, CHECK_INTERVAL_MS).unref()
  }

  function remove(stream: OpenStream, client: string): void {
    if (!open.delete(stream)) return
    const left = (perClient.get(client) ?? 1) - 1
    if (left > 0) perClient.set(client, left)
    else perClient.delete(client)
    if (open.size > 0 || !timer) return
    clearInterval(timer)
    timer = null
  }

  return {
    /** Throws a Failure if the client has too many, or if the gateway is stopping. */
    enter(request: FastifyRequest): OpenStream {
      const { auth, address } = request.facts
      const client = auth ? `user:${auth.userId}` : `address:${networkOf(address)}`
      if (isStopping) throw stopping()
      if ((perClient.get(client) ?? 0) >= MOST_PER_CLIENT) throw tooMany()
      const controller = new AbortController()
      let [reason, told]: [StreamEnd | null, Failure | null] = [null, null]
      const stream: OpenStream = {
        signal: controller.signal,
        failure: () => told,
        end(why, failure) {
          if (reason) return
          ;[reason, told] = [why, failure]
          controller.abort()
        },
        leave(why) {
          if (!open.has(stream)) return
          remove(stream, client)
          onEnd(reason ?? why)
          controller.abort()
        },
      }
      add(stream, client, request)
      return stream
    },

    size: () => open.size,

    /** Ends all streams: their clients connect again, to another gateway. */
    close(): void {
      isStopping = true
      for (const stream of open.keys()) stream.end('stopping', stopping())
    },
  }
}

const stopping = (): Failure =>
  new Failure({
    status: 503,
    grpc: status.UNAVAILABLE,
    code: 'SERVICE_UNAVAILABLE',
    message: MESSAGES.SERVICE_UNAVAILABLE,
    retryAfter: 1,
  })

const tooMany = (): Failure =>
  new Failure({
    status: 429,
    grpc: status.RESOURCE_EXHAUSTED,
    code: 'RATE_LIMITED',
    message: 'Too many open streams. Close some, or try again later.',
    retryAfter: RETRY_AFTER,
  })

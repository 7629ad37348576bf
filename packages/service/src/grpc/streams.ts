// Runs the calls of a server-streaming RPC. A stream ends with its work, when its client leaves or does not read, when its caller may
// no longer have it, and when the server drains.
import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js'
import { ERROR_STATUSES, type GrpcStatus } from '@postern/contract/error-statuses'
import { ServiceError } from '../errors.js'
import { logCause } from '../requests/error-causes.js'
import { reportError } from '../requests/facts.js'
import { asServiceError, createNaming, givenUp, readOrNull, refuseForged } from './calls.js'
import type { OpenStreams } from './open-streams.js'
import type { CallParts, Operation, StreamRun } from './rpc.js'
import { type Failure, responseMetadata, statusOf, UNREADABLE } from './statuses.js'

/** Messages that wait for the client, besides those that the connection takes. */
const MAX_WAITING = 100

/** How long a client may take for what is left of an ended stream. */
const GRACE_MS = 1000

/** Who may have a stream. */
export interface Admission {
  /** Whose it is, for the limit of streams at the same time. Null: a service, which has them for many people. */
  readonly caller: string | null
  /** Throws a ServiceError once the caller may no longer have it. Called often, and before each message. */
  readonly check: () => void
}

export interface StreamParts<Context> extends CallParts<Context> {
  readonly streams: OpenStreams
  /** Rejects with a ServiceError if the caller may have no stream. */
  readonly admit: (context: Context) => Promise<Admission>
  /** Closes the HTTP/2 stream of a call whose client does not read. */
  readonly cutOff: (call: { readonly metadata: object }) => void
}

const tooSlow = () =>
  new ServiceError('RATE_LIMITED', { message: 'This stream was not read fast enough. Open it again.', retryAfter: 1 })

/** `read` reads the message of a request, and throws if it is none. */
export function serverStreaming<Request, Response, Context>(
  rpc: Operation,
  run: StreamRun<Request, Response, Context>,
  read: (bytes: Buffer) => Request,
  { hooks, logger, readHead, contextOf, streams, admit, cutOff }: StreamParts<Context>,
): handleServerStreamingCall<Buffer, Response> {
  const { operation } = rpc
  const name = createNaming(rpc)

  return function answer(call: ServerWritableStream<Buffer, Response>): void {
    const head = readHead(call)
    const { facts } = head
    name(head)
    const { promise: ended, resolve } = Promise.withResolvers<undefined>()
    let isOver = false
    let leave = () => {}

    /** Once: what comes first decides. */
    function finish(status: GrpcStatus, send: () => void): void {
      if (isOver) return
      isOver = true
      leave()
      // It counts as one of the requests at a time only until it has started.
      hooks.after(facts)
      if (!call.cancelled) {
        send()
        const timer = setTimeout(() => cutOff(call), GRACE_MS).unref()
        call.once('cancelled', () => clearTimeout(timer))
      }
      const milliseconds = performance.now() - facts.startedAt
      hooks.answered(facts, { status, milliseconds })
      resolve(undefined)
    }

    function refuse(failure: Failure): void {
      if (isOver) return
      reportError(facts, failure.code, operation)
      finish(ERROR_STATUSES[failure.code].grpc, () => call.emit('error', statusOf(failure, facts.requestId)))
    }

    function fail(error: unknown): void {
      if (isOver) return
      const failure = asServiceError(error)
      logCause(failure, facts.requestId, logger)
      refuse(failure)
    }

    function createSignal(): AbortSignal {
      const controller = new AbortController()
      void ended.then(() => controller.abort())
      return controller.signal
    }

    async function start(request: Request): Promise<void> {
      const context = contextOf(call, head, createSignal)
      const { caller, check } = await admit(context)
      if (isOver) return
      leave = streams.open(caller, { check, fail })
      hooks.after(facts)
      // Clients know from it that the stream is open.
      call.sendMetadata(responseMetadata(facts.requestId))
      await run(request, context, {
        ended,
        send(message) {
          if (isOver) return
          try {
            check()
          } catch (error) {
            return fail(error)
          }
          if (call.writableLength >= MAX_WAITING) return refuse(tooSlow())
          call.write(message)
        },
      })
    }

    // It is emitted after every call.
    call.once('cancelled', () => finish(givenUp(call), () => undefined))
    try {
      hooks.before(facts)
      refuseForged(head)
    } catch (error) {
      return fail(error)
    }
    const request = readOrNull(read, call.request)
    if (request === null) return refuse(UNREADABLE)
    const work = () => start(request)
    void (facts.trace ? facts.trace.run(work) : work()).then(() => finish('OK', () => call.end()), fail)
  }
}

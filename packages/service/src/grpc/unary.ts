// Runs the calls of an RPC: in the hooks, within the deadline, with an answer for every error.
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { ERROR_STATUSES, type GrpcStatus } from '@postern/contract/error-statuses'
import { withDeadline } from '../deadlines.js'
import { perTurn } from '../end-of-turn.js'
import { ServiceError } from '../errors.js'
import { logCause } from '../requests/error-causes.js'
import { reportError } from '../requests/facts.js'
import { asServiceError, createNaming, givenUp, readOrNull, refuseForged } from './calls.js'
import type { CallHead } from './metadata.js'
import type { CallParts, Operation, Run } from './rpc.js'
import { type Failure, responseMetadata, statusOf, UNREADABLE } from './statuses.js'

interface Received<Response> {
  call: ServerUnaryCall<Buffer, Response>
  callback: sendUnaryData<Response>
  head: CallHead
}

/** `read` reads the message of a request, and throws if it is none. */
export function unary<Request, Response, Context>(
  rpc: Operation,
  run: Run<Request, Response, Context>,
  read: (bytes: Buffer) => Request,
  { hooks, logger, readHead, contextOf }: CallParts<Context>,
): handleUnaryCall<Buffer, Response> {
  const { operation } = rpc
  const name = createNaming(rpc)

  function answer({ call, callback, head }: Received<Response>): void {
    const { facts } = head
    name(head)
    let isOver = false

    function finish(status: GrpcStatus, send: () => void): void {
      isOver = true
      hooks.after(facts)
      if (!call.cancelled) send()
      const milliseconds = performance.now() - facts.startedAt
      hooks.answered(facts, { status: call.cancelled ? givenUp(call) : status, milliseconds })
    }

    function succeed(response: Response): void {
      finish('OK', () => {
        call.sendMetadata(responseMetadata(facts.requestId))
        callback(null, response)
      })
    }

    function refuse(failure: Failure): void {
      reportError(facts, failure.code, operation)
      finish(ERROR_STATUSES[failure.code].grpc, () => callback(statusOf(failure, facts.requestId)))
    }

    function fail(error: unknown): void {
      // Its client has given up, and what comes too late is no failure of a store.
      if (call.cancelled && error instanceof ServiceError) return finish(givenUp(call), () => undefined)
      const failure = asServiceError(error)
      logCause(failure, facts.requestId, logger)
      refuse(failure)
    }

    function createSignal(): AbortSignal {
      if (call.cancelled) return AbortSignal.abort()
      const controller = new AbortController()
      // It is emitted after every call.
      call.once('cancelled', () => {
        if (!isOver) controller.abort()
      })
      return controller.signal
    }

    function start(request: Request): Response | Promise<Response> {
      const context = contextOf(call, head, createSignal)
      if (call.getDeadline() === Infinity) return run(request, context, call)
      return withDeadline(
        () => call.cancelled,
        async () => run(request, context, call),
      )
    }

    let result: Response | Promise<Response>
    try {
      hooks.before(facts)
      refuseForged(head)
      const request = readOrNull(read, call.request)
      if (request === null) return refuse(UNREADABLE)
      result = facts.trace ? facts.trace.run(() => start(request)) : start(request)
    } catch (error) {
      return fail(error)
    }
    if (result instanceof Promise) void result.then(succeed, fail)
    else succeed(result)
  }

  // By then, grpc-js has read all calls of the turn.
  const answerTogether = perTurn<Received<Response>>((received) => received.forEach(answer))
  // The address of a client that disconnects in this turn can be read only now.
  return (call, callback) => answerTogether({ call, callback, head: readHead(call) })
}

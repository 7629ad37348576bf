// Runs the calls of an RPC: in the hooks, within the deadline, with an answer for every error.
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js'
import { ERROR_STATUSES, type GrpcStatus } from '@postern/contract/error-statuses'
import { withDeadline } from '@postern/service/deadlines'
import { perTurn } from '@postern/service/end-of-turn'
import { ServiceError } from '@postern/service/errors'
import type { Logger } from '@postern/service/logger'
import { CAPTCHA_OPERATIONS, requireCaptcha } from '../requests/captcha.js'
import { countCall, isLimited } from '../requests/call-limits.js'
import { logCause } from '../requests/error-causes.js'
import { reportError } from '../requests/request-facts.js'
import type { RequestHooks } from '../requests/request-hooks.js'
import type { Captcha } from '../services/captcha/index.js'
import type { CallLimits } from '../services/limits/index.js'
import type { CallContexts } from './context.js'
import type { CallHead, IncomingCall } from './metadata.js'
import { type AuthRpc, OPERATIONS, type Request, type Response, type Run } from './rpc.js'
import { type Failure, responseMetadata, statusOf, UNREADABLE } from './statuses.js'

export interface UnaryParts {
  hooks: RequestHooks
  logger: Logger
  limits: CallLimits
  /** Null: captchas are off. */
  captcha: Captcha | null
  readHead: (call: IncomingCall) => CallHead
  contextOf: CallContexts
}

const FORGED = 'The metadata postern-caller is not of the gateway, is for another call, or is too old.'

const NO_CALLS: ReadonlyMap<string, number> = new Map()

const asFailure = (error: unknown): ServiceError =>
  error instanceof ServiceError ? error : new ServiceError('INTERNAL_SERVER_ERROR', { cause: error })

/** The deadline counts from here, so that of the client, which cancels the call then, comes this much earlier at most. */
const TRANSIT_MS = 100

/** What grpc-js has answered already. */
const givenUp = (call: ServerUnaryCall<unknown, unknown>): GrpcStatus =>
  Number(call.getDeadline()) - TRANSIT_MS <= Date.now() ? 'DEADLINE_EXCEEDED' : 'CANCELLED'

/** Limits and captchas, before anything else of the call happens. Without any, the RPC as it is. */
function guarded<M extends AuthRpc>(rpc: M, run: Run<M>, { limits, captcha }: UnaryParts): Run<M> {
  const { operation } = OPERATIONS[rpc]
  const needsCaptcha = captcha !== null && CAPTCHA_OPERATIONS.includes(operation)
  if (!isLimited(limits, operation) && !needsCaptcha) return run
  return async (request, context, call) => {
    const { ipAddress } = context.client
    await countCall(limits, operation, { ipAddress, userId: async () => (await context.anyViewer()).user.id })
    if (needsCaptcha) await requireCaptcha(captcha, context.client, (request as { captchaToken?: string }).captchaToken)
    return run(request, context, call)
  }
}

interface Received<M extends AuthRpc> {
  call: ServerUnaryCall<Buffer, Response<M>>
  callback: sendUnaryData<Response<M>>
  head: CallHead
}

/** `read` reads the message of a request, and throws if it is none. */
export function unary<M extends AuthRpc>(
  rpc: M,
  run: Run<M>,
  read: (bytes: Buffer) => Request<M>,
  parts: UnaryParts,
): handleUnaryCall<Buffer, Response<M>> {
  const { hooks, logger, readHead, contextOf } = parts
  const { operation, isCounted } = OPERATIONS[rpc]
  const calls = isCounted ? new Map([[operation, 1]]) : NO_CALLS
  const work = guarded(rpc, run, parts)

  function answer({ call, callback, head }: Received<M>): void {
    const { facts } = head
    facts.operation = operation
    facts.calls = calls
    let isOver = false

    function finish(status: GrpcStatus, send: () => void): void {
      isOver = true
      hooks.after(facts)
      if (!call.cancelled) send()
      const milliseconds = performance.now() - facts.startedAt
      hooks.answered(facts, { status: call.cancelled ? givenUp(call) : status, milliseconds })
    }

    function succeed(response: Response<M>): void {
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
      const failure = asFailure(error)
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

    function start(request: Request<M>): Response<M> | Promise<Response<M>> {
      const context = contextOf(call, head, createSignal)
      if (call.getDeadline() === Infinity) return work(request, context, call)
      return withDeadline(
        () => call.cancelled,
        async () => work(request, context, call),
      )
    }

    let result: Response<M> | Promise<Response<M>>
    try {
      hooks.before(facts)
      if (head.isForged) throw new ServiceError('UNAUTHENTICATED', { message: FORGED })
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
  const answerTogether = perTurn<Received<M>>((received) => received.forEach(answer))
  // The address of a client that disconnects in this turn can be read only now.
  return (call, callback) => answerTogether({ call, callback, head: readHead(call) })
}

function readOrNull<Message>(read: (bytes: Buffer) => Message, bytes: Buffer): Message | null {
  try {
    return read(bytes)
  } catch {
    return null
  }
}

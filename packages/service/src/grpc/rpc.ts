// What runs the RPCs of a service, and what is known of each.
import type { DescService } from '@bufbuild/protobuf'
import type { RpcName, RpcRequest, RpcResponseInit } from '@postern/proto/rpc-types'
import type { Logger } from '../logger.js'
import type { RequestHooks } from '../requests/hooks.js'
import type { CallHead, IncomingCall } from './metadata.js'

/** Runs a unary RPC. Returns no promise if it need not wait. */
export type Run<Request, Response, Context> = (
  request: Request,
  context: Context,
  call: IncomingCall,
) => Response | Promise<Response>

export interface ResponseStream<Message> {
  /** Does nothing after the end. Ends the stream with RATE_LIMITED (RESOURCE_EXHAUSTED) if the client does not read. */
  send(message: Message): void
  /** Resolves when the stream has ended, whatever the reason. */
  readonly ended: Promise<unknown>
}

/** Runs a server-streaming RPC. The stream ends when the promise settles, or before, for reasons of its own. */
export type StreamRun<Request, Response, Context> = (
  request: Request,
  context: Context,
  stream: ResponseStream<Response>,
) => Promise<void>

/** One function for each RPC of a service. */
export type Runs<Service extends DescService, Context> = {
  readonly [M in RpcName<Service>]: Service['method'][M]['methodKind'] extends 'server_streaming'
    ? StreamRun<RpcRequest<Service, M>, RpcResponseInit<Service, M>, Context>
    : Run<RpcRequest<Service, M>, RpcResponseInit<Service, M>, Context>
}

/** What the log, the metrics and the limits call an RPC. */
export interface Operation {
  readonly operation: string
  /** Whether the limit of all operations of an address counts its calls. */
  readonly isCounted: boolean
}

/** `createSignal`: a signal that aborts when the call's deadline has passed, or its client has canceled it. */
export type ContextOf<Context> = (call: IncomingCall, head: CallHead, createSignal: () => AbortSignal) => Context

/** What all calls of a server need. */
export interface CallParts<Context> {
  readonly hooks: RequestHooks
  readonly logger: Logger
  readonly readHead: (call: IncomingCall) => CallHead
  readonly contextOf: ContextOf<Context>
}

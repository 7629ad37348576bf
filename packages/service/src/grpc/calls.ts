// What calls of both kinds, unary and streaming, have in common: how they begin, and what becomes of an error.
import type { GrpcStatus } from '@postern/contract/error-statuses'
import { ServiceError } from '../errors.js'
import type { CallHead, IncomingCall } from './metadata.js'
import type { Operation } from './rpc.js'

const FORGED = 'The metadata postern-caller is not of the gateway, is for another call, or is too old.'

const NO_CALLS: ReadonlyMap<string, number> = new Map()

/** The deadline counts from here, so that of the client, which cancels the call then, comes this much earlier at most. */
const TRANSIT_MS = 100

/** A call as grpc-js passes it on. */
export interface LiveCall extends IncomingCall {
  readonly cancelled: boolean
  getDeadline(): Date | number
}

/** What the hooks are told of each call of an RPC. */
export function createNaming({ operation, isCounted }: Operation): (head: CallHead) => void {
  const calls = isCounted ? new Map([[operation, 1]]) : NO_CALLS
  return ({ facts }) => {
    facts.operation = operation
    facts.calls = calls
  }
}

/** Throws UNAUTHENTICATED if the call names a caller that the gateway has not signed. */
export function refuseForged({ isForged }: CallHead): void {
  if (isForged) throw new ServiceError('UNAUTHENTICATED', { message: FORGED })
}

export const asServiceError = (error: unknown): ServiceError =>
  error instanceof ServiceError ? error : new ServiceError('INTERNAL_SERVER_ERROR', { cause: error })

/** What grpc-js has answered already. */
export const givenUp = (call: LiveCall): GrpcStatus =>
  Number(call.getDeadline()) - TRANSIT_MS <= Date.now() ? 'DEADLINE_EXCEEDED' : 'CANCELLED'

export function readOrNull<Message>(read: (bytes: Buffer) => Message, bytes: Buffer): Message | null {
  try {
    return read(bytes)
  } catch {
    return null
  }
}

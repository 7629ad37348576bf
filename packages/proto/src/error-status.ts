// The encoded google.rpc.Status of an error: what a server sends in grpc-status-details-bin.
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { anyPack, anyUnpack } from '@bufbuild/protobuf/wkt'
import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  RetryInfoSchema,
  StatusSchema,
} from './errors.js'

export interface ErrorStatus {
  /** Of google.rpc.Code. */
  readonly code: number
  /** For people. */
  readonly message: string
  /** For programs. */
  readonly info: { reason: string; domain: string; metadata?: Record<string, string> }
  /** What is wrong with fields of the request. Empty if nothing is. */
  readonly fieldViolations: { field: string; description: string; reason: string }[]
  /** In seconds. */
  readonly retryAfter: number | undefined
}

const pack = <Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>) =>
  anyPack(schema, create(schema, init))

export function encodeErrorStatus({ code, message, info, fieldViolations, retryAfter }: ErrorStatus): Uint8Array {
  const details = [
    pack(ErrorInfoSchema, info),
    ...(fieldViolations.length > 0 ? [pack(BadRequestSchema, { fieldViolations })] : []),
    ...(retryAfter === undefined ? [] : [pack(RetryInfoSchema, { retryDelay: { seconds: BigInt(retryAfter) } })]),
  ]
  return toBinary(StatusSchema, create(StatusSchema, { code, message, details }))
}

/** What a server says about an error besides its status. */
export interface ErrorDetails {
  readonly info: ErrorInfo | null
  readonly fields: BadRequest['fieldViolations']
  /** In seconds, rounded up. */
  readonly retryAfter: number | null
}

/** A server may send anything: null for what can't be read. */
export function decodeErrorDetails(encoded: Uint8Array): ErrorDetails | null {
  try {
    const { details } = fromBinary(StatusSchema, encoded)
    const first = <Desc extends DescMessage>(schema: Desc): MessageShape<Desc> | null =>
      details.map((any) => anyUnpack(any, schema)).find((message) => message !== undefined) ?? null
    const delay = first(RetryInfoSchema)?.retryDelay
    return {
      info: first(ErrorInfoSchema),
      fields: first(BadRequestSchema)?.fieldViolations ?? [],
      retryAfter: delay ? Math.max(1, Number(delay.seconds) + (delay.nanos > 0 ? 1 : 0)) : null,
    }
  } catch {
    return null
  }
}

// The encoded google.rpc.Status of an error: what a server sends in grpc-status-details-bin.
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema, StatusSchema } from './errors.js'

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

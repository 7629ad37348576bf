// The error of a call to a service.
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import {
  type BadRequest,
  BadRequestSchema,
  type ErrorInfo,
  ErrorInfoSchema,
  type RetryInfo,
  RetryInfoSchema,
  StatusSchema,
} from '@postern/proto/errors'

/** What a service says about an error besides its status. */
export interface ErrorDetails {
  readonly info: ErrorInfo | null
  readonly fields: BadRequest['fieldViolations']
  readonly retry: RetryInfo | null
}

const NOTHING: ErrorDetails = { info: null, fields: [], retry: null }

/** Its message may name hosts of the network: it is for the log. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError'
  /** Of google.rpc.Code. */
  readonly code: status
  /** The status message, which is for people if `details` has an info. */
  readonly text: string
  /** The encoded google.rpc.Status, as the service sent it. */
  readonly encodedStatus: Buffer | null
  /** The client has chosen the deadline: perhaps one that no service can keep. */
  readonly isClientsDeadline: boolean

  constructor(
    { code, details, metadata }: Pick<ServiceError, 'code' | 'details' | 'metadata'>,
    { isClientsDeadline = false } = {},
  ) {
    super(`${status[code]}: ${details}`)
    this.code = code
    this.text = details
    this.encodedStatus = encodedStatusIn(metadata)
    this.isClientsDeadline = isClientsDeadline
  }

  get details(): ErrorDetails {
    return this.encodedStatus === null ? NOTHING : readDetails(this.encodedStatus)
  }
}

/** grpc-js sets no metadata on an error that it makes itself. */
function encodedStatusIn(metadata: Metadata | undefined): Buffer | null {
  const [value] = metadata?.get('grpc-status-details-bin') ?? []
  return Buffer.isBuffer(value) ? value : null
}

/** A service may send anything: what can't be read counts as absent. */
function readDetails(encoded: Buffer): ErrorDetails {
  try {
    const { details } = fromBinary(StatusSchema, encoded)
    const first = <T>(read: (any: (typeof details)[number]) => T | undefined): T | undefined => {
      for (const any of details) {
        const found = read(any)
        if (found !== undefined) return found
      }
      return undefined
    }
    return {
      info: first((any) => anyUnpack(any, ErrorInfoSchema)) ?? null,
      fields: first((any) => anyUnpack(any, BadRequestSchema))?.fieldViolations ?? [],
      retry: first((any) => anyUnpack(any, RetryInfoSchema)) ?? null,
    }
  } catch {
    return NOTHING
  }
}

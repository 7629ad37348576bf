// The error of a call to a service.
import { type Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { decodeErrorDetails, type ErrorDetails } from '@postern/proto/error-status'

const NOTHING: ErrorDetails = { info: null, fields: [], retryAfter: null }

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
    return (this.encodedStatus && decodeErrorDetails(this.encodedStatus)) ?? NOTHING
  }
}

/** grpc-js sets no metadata on an error that it makes itself. */
function encodedStatusIn(metadata: Metadata | undefined): Buffer | null {
  const [value] = metadata?.get('grpc-status-details-bin') ?? []
  return Buffer.isBuffer(value) ? value : null
}

// The errors by which grpc-js reports a connection that broke during a call: UNAVAILABLE, or what Node.js makes of its streams.
import { type ServiceError, status } from '@grpc/grpc-js'

type Reported = Pick<ServiceError, 'code' | 'details' | 'metadata'>

const RESET = /^Received RST_STREAM with code/

/** The error as UNAVAILABLE if the connection broke. `hasGivenUp`: the gateway itself has cancelled the call. */
export function asUnavailable(error: ServiceError, hasGivenUp: boolean): Reported {
  const { code, details, metadata } = error
  const isBroken =
    (code === status.INTERNAL && RESET.test(details)) || (code === status.CANCELLED && !hasGivenUp && isSilent(error))
  return { code: isBroken ? status.UNAVAILABLE : code, details, metadata }
}

/** Our services send details with each of their errors. */
const isSilent = ({ metadata }: ServiceError): boolean => metadata.get('grpc-status-details-bin').length === 0

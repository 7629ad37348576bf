// The errors by which grpc-js reports a connection that broke during a call: UNAVAILABLE, or what Node.js makes of its streams.
import { type ServiceError, status } from '@grpc/grpc-js'

type Reported = Pick<ServiceError, 'code' | 'details' | 'metadata'>

/** `Call cancelled` comes for a stream that Node.js has ended before grpc-js learned that its connection broke. */
const BROKEN = new Map([
  [status.INTERNAL, /^Received RST_STREAM with code/],
  [status.CANCELLED, /^Call cancelled$/],
])

/** The error as UNAVAILABLE if the connection broke. `hasGivenUp`: the gateway itself has cancelled the call. */
export function asUnavailable({ code, details, metadata }: ServiceError, hasGivenUp: boolean): Reported {
  const isBroken = !hasGivenUp && (BROKEN.get(code)?.test(details) ?? false)
  return { code: isBroken ? status.UNAVAILABLE : code, details, metadata }
}

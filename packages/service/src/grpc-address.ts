// The value of a variable that says where a service is: `host:port`, or `https://host:port` for TLS.
import { z } from 'zod'

export interface GrpcAddress {
  /** As gRPC names it: `dns:///auth:50051`. */
  readonly target: string
  readonly tls: boolean
}

/** Scheme, if there is one, and what gRPC calls the target. */
const FORM = /^(?:(https?):\/\/|(dns:\/\/\/))?((?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})\/?$/i

export const grpcAddress = z.string().transform((text, context): GrpcAddress => {
  const [, scheme, , authority] = FORM.exec(text) ?? []
  if (authority !== undefined) return { target: `dns:///${authority}`, tls: scheme?.toLowerCase() === 'https' }
  context.addIssue('must be host:port, or https://host:port for TLS')
  return z.NEVER
})

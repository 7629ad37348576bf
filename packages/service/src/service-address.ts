// Where a service is that this one calls: the variables that end with _GRPC_URL.
import { z } from 'zod'

export interface ServiceAddress {
  /** As gRPC names it: `dns:///auth:50051`. */
  readonly target: string
  /** Unless others are given, with the authorities of Node.js, and those of NODE_EXTRA_CA_CERTS. */
  readonly tls: boolean
}

/** Scheme, if there is one, and what gRPC calls the target. */
const FORM = /^(?:(https?):\/\/|(dns:\/\/\/))?((?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})\/?$/i

export const serviceAddress = z.string().transform((text, context): ServiceAddress => {
  const [, scheme, , authority] = FORM.exec(text) ?? []
  if (authority !== undefined) return { target: `dns:///${authority}`, tls: scheme?.toLowerCase() === 'https' }
  context.addIssue('must be host:port, or https://host:port for TLS')
  return z.NEVER
})

// The variables of a gRPC server: its certificates, how large and long calls and connections may be, and whom it believes.
import { z } from 'zod'
import { certificates, pem } from './pem.js'
import { count, flag, secret, seconds, type Variables } from './values.js'

/** Its value is a number, or `off`. */
export const grpcPort = z
  .string()
  .regex(/^(?:off|\d{1,5})$/, 'must be off, or the number of a port')
  .transform((value) => (value === 'off' ? value : Number(value)))
  .refine((value) => value === 'off' || value <= 65_535, 'must be off, or 0 to 65535')

export const grpcVariables = z.object({
  GRPC_TLS_CERT: certificates.optional(),
  GRPC_TLS_KEY: pem.optional(),
  GRPC_TLS_CLIENT_CA: certificates.optional(),
  GRPC_MAX_MESSAGE_BYTES: count(102_400, 1024, 16_777_216),
  GRPC_KEEPALIVE_TIME: seconds(120, 10, 7200),
  GRPC_KEEPALIVE_TIMEOUT: seconds(20, 1, 600),
  GRPC_CONNECTION_AGE: seconds(1800, 0, 86_400),
  GRPC_REFLECTION: flag.optional(),
  GATEWAY_KEY: secret.optional(),
  GATEWAY_KEY_PREVIOUS: secret.optional(),
})

export type GrpcVariables = z.output<typeof grpcVariables>

/** What these variables must agree on. */
export function grpcConflicts(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const problems: [boolean, string][] = [
    [has('GRPC_TLS_CERT') && !has('GRPC_TLS_KEY'), 'GRPC_TLS_CERT needs GRPC_TLS_KEY'],
    [has('GRPC_TLS_KEY') && !has('GRPC_TLS_CERT'), 'GRPC_TLS_KEY needs GRPC_TLS_CERT'],
    [has('GRPC_TLS_CLIENT_CA') && !has('GRPC_TLS_CERT'), 'GRPC_TLS_CLIENT_CA needs GRPC_TLS_CERT and GRPC_TLS_KEY'],
    [has('GATEWAY_KEY_PREVIOUS') && !has('GATEWAY_KEY'), 'GATEWAY_KEY_PREVIOUS needs GATEWAY_KEY'],
  ]
  return problems.filter(([isProblem]) => isProblem).map(([, message]) => message)
}

// The variables of gRPC: where it listens, who may connect, and how large and long calls and connections may be.
import { z } from 'zod'
import { certificates, pem } from '@postern/service/pem'
import { count, flag, secret, seconds, type Variables } from '@postern/service/values'

/** In development, where earlier examples call it. */
const DEVELOPMENT_PORT = 50_051

const port = z
  .string()
  .regex(/^(?:off|\d{1,5})$/, 'must be off, or the number of a port')
  .transform((value) => (value === 'off' ? value : Number(value)))
  .refine((value) => value === 'off' || value <= 65_535, 'must be off, or 0 to 65535')

export const grpcVariables = z.object({
  GRPC_PORT: port.optional(),
  GRPC_HOST: z.string().optional(),
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

interface Ports {
  NODE_ENV: string
  ROLE: string
  GRPC_PORT?: number | 'off' | undefined
}

/** Null: off. By default it is only on in development. */
export function grpcPort({ NODE_ENV, ROLE, GRPC_PORT }: Ports): number | null {
  if (ROLE !== 'service' || GRPC_PORT === 'off') return null
  return GRPC_PORT ?? (NODE_ENV === 'development' ? DEVELOPMENT_PORT : null)
}

export function grpcProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const sameAs = (name: string, fallback?: string) => env['GRPC_PORT'] === (env[name] ?? fallback)
  const isFixed = has('GRPC_PORT') && !['0', 'off'].includes(env['GRPC_PORT'] ?? '')
  const problems: [boolean, string][] = [
    [has('GRPC_TLS_CERT') && !has('GRPC_TLS_KEY'), 'GRPC_TLS_CERT needs GRPC_TLS_KEY'],
    [has('GRPC_TLS_KEY') && !has('GRPC_TLS_CERT'), 'GRPC_TLS_KEY needs GRPC_TLS_CERT'],
    [has('GRPC_TLS_CLIENT_CA') && !has('GRPC_TLS_CERT'), 'GRPC_TLS_CLIENT_CA needs GRPC_TLS_CERT and GRPC_TLS_KEY'],
    [has('GATEWAY_KEY_PREVIOUS') && !has('GATEWAY_KEY'), 'GATEWAY_KEY_PREVIOUS needs GATEWAY_KEY'],
    [isFixed && sameAs('PORT', '8080'), 'GRPC_PORT must differ from PORT'],
    [isFixed && sameAs('METRICS_PORT'), 'GRPC_PORT must differ from METRICS_PORT'],
  ]
  return problems.filter(([isProblem]) => isProblem).map(([, message]) => message)
}

// The variables of gRPC that are this service's own: where it listens. What servers of gRPC have in common is in packages/service.
import { z } from 'zod'
import { grpcConflicts, grpcPort as port, grpcVariables as sharedVariables } from '@postern/service/grpc-variables'
import type { Variables } from '@postern/service/values'

/** In development, where earlier examples call it. */
const DEVELOPMENT_PORT = 50_051

export const grpcVariables = sharedVariables.extend({
  GRPC_PORT: port.optional(),
  GRPC_HOST: z.string().optional(),
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
  return [
    ...grpcConflicts(env),
    ...(isFixed && sameAs('PORT', '8080') ? ['GRPC_PORT must differ from PORT'] : []),
    ...(isFixed && sameAs('METRICS_PORT') ? ['GRPC_PORT must differ from METRICS_PORT'] : []),
  ]
}

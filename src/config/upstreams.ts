// The variables of services that Postern calls.
import { serviceAddress } from '@postern/service/service-address'
import { serviceKeyVariables } from '@postern/service/service-key-variables'
import type { Variables } from '@postern/service/values'
import { z } from 'zod'

export const upstreamVariables = z.object({
  /** With it, that service sends the mails and has the webhooks. */
  NOTIFICATION_GRPC_URL: serviceAddress.optional(),
  SERVICE_KEY: serviceKeyVariables.shape.SERVICE_KEY,
})

/** Finds variables that are valid alone but not together. */
export function upstreamProblems(env: Variables): string[] {
  if (env['NOTIFICATION_GRPC_URL'] === undefined) return []
  return [
    ...(env['SERVICE_KEY'] === undefined
      ? [
          'SERVICE_KEY is required with NOTIFICATION_GRPC_URL: auth: and the key that SERVICE_KEYS of that service has for auth',
        ]
      : []),
    ...(env['OUTBOX'] === 'false' ? ['NOTIFICATION_GRPC_URL has no effect with OUTBOX=false'] : []),
  ]
}

// The variables of services that Postern calls.
import { serviceAddress } from '@postern/service/service-address'
import { serviceKeyVariables } from '@postern/service/service-key-variables'
import type { Variables } from '@postern/service/values'
import { z } from 'zod'

export const upstreamVariables = z.object({
  /** With it, that service sends the mails and has the webhooks. */
  NOTIFICATION_GRPC_URL: serviceAddress.optional(),
  /** Without it, there are no consents. */
  CONSENT_GRPC_URL: serviceAddress.optional(),
  ...serviceKeyVariables.shape,
})

/** Finds variables that are valid alone but not together. */
export function upstreamProblems(env: Variables): string[] {
  const called = ['NOTIFICATION_GRPC_URL', 'CONSENT_GRPC_URL'].filter((name) => env[name] !== undefined)
  return [
    ...(env['SERVICE_KEY'] === undefined
      ? called.map(
          (name) =>
            `SERVICE_KEY is required with ${name}: auth: and the key that SERVICE_KEYS of that service has for auth`,
        )
      : []),
    ...(env['OUTBOX'] === 'false'
      ? called.map(
          (name) => `${name} needs the outbox: with OUTBOX=false, users who are deleted would not be erased there`,
        )
      : []),
  ]
}

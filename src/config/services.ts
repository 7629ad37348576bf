// The variables of the services beside this one: where they are, and the keys of the calls between them.
import { grpcAddress } from '@postern/service/grpc-address'
import { serviceKeyVariables } from '@postern/service/service-key-variables'
import { certificates, pem } from '@postern/service/pem'
import type { Variables } from '@postern/service/values'
import { z } from 'zod'

const URLS = ['CONSENT_GRPC_URL', 'NOTIFICATION_GRPC_URL'] as const

export const serviceVariables = z.object({
  /** Without it, there are no consents. */
  CONSENT_GRPC_URL: grpcAddress.optional(),
  /** Without it, there are no notifications, and this service sends mails and webhooks itself. */
  NOTIFICATION_GRPC_URL: grpcAddress.optional(),
  SERVICE_GRPC_CA: certificates.optional(),
  SERVICE_GRPC_CERT: certificates.optional(),
  SERVICE_GRPC_KEY: pem.optional(),
  ...serviceKeyVariables.shape,
})

/** What these variables must agree on. */
export function serviceProblems(env: Variables): string[] {
  const has = (name: string) => env[name] !== undefined
  const tls = URLS.some((name) => /^https:/i.test(env[name] ?? ''))
  const used = ['SERVICE_GRPC_CA', 'SERVICE_GRPC_CERT', 'SERVICE_GRPC_KEY'].filter(has)
  return [
    ...URLS.filter((name) => has(name) && !has('SERVICE_KEY')).map((name) => `${name} requires SERVICE_KEY`),
    ...(has('SERVICE_GRPC_CERT') === has('SERVICE_GRPC_KEY')
      ? []
      : ['SERVICE_GRPC_CERT and SERVICE_GRPC_KEY need each other']),
    ...(tls ? [] : used.map((name) => `${name} has no effect without TLS: write https:// in the URL of a service`)),
  ]
}

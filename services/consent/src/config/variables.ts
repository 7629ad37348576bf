// Every variable that the consent service reads, with its default.
import { databaseUrl } from '@postern/service/database/variables'
import { portOrOff, programVariables } from '@postern/service/program-variables'
import { count, secret } from '@postern/service/values'
import { z } from 'zod'

/** Those without the prefix mean the same for all services. */
export const variables = programVariables.extend({
  CONSENT_DATABASE_URL: databaseUrl,
  CONSENT_GRPC_HOST: z.string().optional(),
  CONSENT_GRPC_PORT: count(50_053, 0, 65_535),
  /** Metrics and probes. */
  CONSENT_METRICS_PORT: portOrOff(9097),
  CONSENT_KEY: secret,
})

// Every variable that the notification service reads, with its default.
import { databaseUrl } from '@postern/service/database/variables'
import { portOrOff, programVariables } from '@postern/service/program-variables'
import { count, secret } from '@postern/service/values'
import { z } from 'zod'

/** Those without the prefix mean the same for all services. */
export const variables = programVariables.extend({
  NOTIFICATION_DATABASE_URL: databaseUrl,
  NOTIFICATION_GRPC_HOST: z.string().optional(),
  NOTIFICATION_GRPC_PORT: count(50_054, 0, 65_535),
  /** Metrics and probes. */
  NOTIFICATION_METRICS_PORT: portOrOff(9098),
  NOTIFICATION_KEY: secret,
})

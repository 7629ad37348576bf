// Every variable that the gateway reads, with its default.
import { z } from 'zod'
import { count, flag, seconds, secret } from '@postern/service/values'
import { tracingVariables } from '@postern/service/tracing-variables'
import { certificates, pem } from '@postern/service/pem'
import { redisVariables } from '@postern/service/redis-variables'
import { tokenVariables } from '@postern/service/token-variables'
import { networks, optionalPort, origins, urls } from './values.js'
import { limits, routeLimits } from './limits.js'
import { upstreamVariables } from './upstreams.js'

/** Durations are whole seconds. Variables that the auth service has too have its names, and mean the same. */
export const variables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  SHUTDOWN_DELAY: seconds(0, 0, 600),
  SHUTDOWN_TIMEOUT: seconds(8, 1, 600),

  GATEWAY_HOST: z.string().optional(),
  GATEWAY_PORT: count(8090, 0, 65_535),
  GATEWAY_METRICS_PORT: optionalPort(9096),
  METRICS_TOKEN: secret.optional(),
  GATEWAY_KEY: secret,
  /** Where clients reach the gateway: the URLs of DPoP proofs. */
  GATEWAY_URLS: urls,
  GATEWAY_TIMEOUT: seconds(10, 1, 600),
  GATEWAY_MAX_CONNECTIONS: count(10_000, 1, 1_000_000),
  GATEWAY_BODY_LIMIT: count(102_400, 1024, 1_048_576, ' bytes'),
  TRUST_PROXY: networks,
  PROXY_HEADERS: z.enum(['auto', 'x-forwarded', 'forwarded'], 'must be auto, x-forwarded or forwarded').default('auto'),
  ALLOWED_ORIGINS: origins,
  GATEWAY_HTTPS: flag.optional(),
  /** The page at /docs. By default not in production. */
  GATEWAY_DOCS: flag.optional(),

  GATEWAY_RATE_LIMIT: limits('1000/60'),
  GATEWAY_RATE_LIMIT_USER: limits('100/60'),
  GATEWAY_RATE_LIMIT_ADDRESS: limits('60/60'),
  GATEWAY_RATE_LIMIT_ROUTES: routeLimits,
  GATEWAY_INSTANCES: count(1, 1, 10_000),

  ...upstreamVariables,
  GATEWAY_GRPC_CA: certificates.optional(),
  GATEWAY_GRPC_CERT: certificates.optional(),
  GATEWAY_GRPC_KEY: pem.optional(),

  ...tokenVariables.shape,
  ...redisVariables.shape,
  ...tracingVariables.shape,
})

export type Variables = z.output<typeof variables>

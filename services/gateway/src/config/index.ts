// Reads the configuration from the environment. Nothing else of the gateway reads process.env.
import { ConfigError } from '@postern/service/config-error'
import { developmentSecrets } from '@postern/service/development-secrets'
import { redisConflicts } from '@postern/service/redis-variables'
import { tokenProblems } from '@postern/service/token-variables'
import { tlsProblems } from './upstreams.js'
import { type Variables, variables } from './variables.js'

export { ConfigError } from '@postern/service/config-error'
export { redisServers } from '@postern/service/redis-variables'
export type { Quota } from './limits.js'
export { upstreamAddresses } from './upstreams.js'

export interface Config extends Readonly<Variables> {
  readonly GATEWAY_HOST: string
  readonly REVOCATION_REDIS_URL: string
}

/** Those that `npm start` generates. */
const SECRETS = ['GATEWAY_KEY', 'JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'REVOCATION_KEY']

/** Reads and checks all variables at once. An empty variable counts as absent. Throws a {@link ConfigError}. */
export function readConfig(env: Readonly<Record<string, string | undefined>> = process.env): Config {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const result = variables.safeParse(present)
  const problems = [
    ...(result.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []),
    ...redisConflicts(present),
    ...tlsProblems(present),
    ...tokenProblems(present),
    ...developmentSecrets(present, SECRETS),
  ]
  if (!result.success || problems.length > 0)
    throw new ConfigError(`The configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
  const { data } = result
  const isProduction = data.NODE_ENV === 'production'
  return Object.freeze({
    ...data,
    GATEWAY_URLS: data.GATEWAY_URLS.length > 0 || isProduction ? data.GATEWAY_URLS : loopbackUrls(data.GATEWAY_PORT),
    GATEWAY_HOST: data.GATEWAY_HOST ?? (isProduction ? '::' : '127.0.0.1'),
    REVOCATION_REDIS_URL: data.REVOCATION_REDIS_URL ?? data.REDIS_URL,
  })
}

/** For developers. In production, only GATEWAY_URLS counts, because a client can send any Host: without it, DPoP is off. */
const loopbackUrls = (port: number): string[] =>
  ['localhost', '127.0.0.1', '[::1]'].map((host) => `http://${host}:${port}`)

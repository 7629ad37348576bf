// Reads the configuration from the environment. Nothing outside of this folder reads process.env.
import { z } from 'zod'
import { mailProblems } from '@postern/delivery/mail/variables'
import { ConfigError } from '@postern/service/config-error'
import { developmentSecrets } from '@postern/service/development-secrets'
import { rabbitmqConflicts } from '@postern/service/events/rabbitmq-variables'
import { redisConflicts } from '@postern/service/redis-variables'
import type { Variables } from '@postern/service/values'
import { unreadableTerms } from './accounts.js'
import { captchaProblems } from './captcha.js'
import { databaseProblems } from './database.js'
import { type Config, withDefaults } from './derived-defaults.js'
import { environment } from './environment.js'
import { findEqualSecrets } from './equal-secrets.js'
import { equalPorts } from './http.js'
import { missingKeys } from './missing-keys.js'
import { unusedWithoutEvents } from './events.js'
import { grpcProblems } from './grpc.js'
import { findMisspelled } from './misspelled.js'
import { passkeyProblems } from './passkeys.js'
import { oauthProblems, oauthProviders, oidcVariables } from './oauth.js'
import { twoBreachLists } from './passwords.js'
import { workerProblems } from './rabbitmq.js'
import { acceptedFormats } from './tokens.js'
import { upstreamProblems } from './upstreams.js'
import { verificationProblems } from './verification.js'

export { ConfigError } from '@postern/service/config-error'
export { databaseServer, type DatabaseAccess } from './database.js'
export type { Config } from './derived-defaults.js'
export { environment } from './environment.js'
export { overriddenLimits, type RateLimit } from './limits.js'
export type { OAuthProviderSettings } from './oauth.js'
export { processes } from './processes.js'
export { processesEvents } from './rabbitmq.js'
export { type RedisAccess, type RedisServer, redisServers } from '@postern/service/redis-variables'

/** Those that `npm start` generates. */
const SECRETS = [
  ...['JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'REFRESH_KEY', 'REVOCATION_KEY', 'AUDIT_KEY'],
  ...['WEBHOOK_KEY', 'MFA_KEY', 'OAUTH_TOKEN_KEY', 'GATEWAY_KEY'],
]

/** Reads and checks all variables at once. An empty variable counts as absent. Throws a {@link ConfigError}. */
export function readConfig(env: Variables = process.env): Config {
  const present = withoutEmpty(env)
  const parsed = read(environment, present, [
    ...developmentSecrets(present, SECRETS),
    ...missingKeys(present),
    ...equalSecrets(present),
    ...databaseProblems(present),
    ...redisConflicts(present),
    ...rabbitmqConflicts(present),
    ...workerProblems(present),
    ...equalPorts(present),
    ...grpcProblems(present),
    ...captchaProblems(present),
    ...twoBreachLists(present),
    ...mailProblems(present),
    ...upstreamProblems(present),
    ...unusedWithoutEvents(present),
    ...verificationProblems(present),
    ...passkeyProblems(present),
    ...unreadableTerms(present),
    ...oauthProblems(present),
  ])
  return withDefaults(parsed, { accepted: acceptedFormats(present), providers: oauthProviders(parsed, present) })
}

export type DatabaseConfig = ReturnType<typeof readDatabaseConfig>

/** What `migrate` needs: it can run where the service's secrets are absent. Throws a {@link ConfigError}. */
export function readDatabaseConfig(env: Variables = process.env) {
  const access = {
    DATABASE_URL: true,
    DATABASE_CA: true,
    DATABASE_CLIENT_CERT: true,
    DATABASE_CLIENT_KEY: true,
  } as const
  const present = withoutEmpty(env)
  return read(environment.pick({ ...access, DATABASE_TIMEOUT: true }), present, databaseProblems(present))
}

export type KeysConfig = ReturnType<typeof readKeysConfig>

/** What `keys` needs: the folder, and how long tokens and published keys live. Throws a {@link ConfigError}. */
export function readKeysConfig(env: Variables = process.env) {
  const needed = environment.pick({ JWKS_CACHE_TTL: true, ACCESS_TOKEN_TTL: true, CLOCK_SKEW: true })
  const KEYS_DIR = z.string('is required: the folder of the key files. See docs/keys.md.')
  return read(needed.extend({ KEYS_DIR }), withoutEmpty(env))
}

function read<Schema extends z.ZodType>(
  schema: Schema,
  present: Variables,
  otherProblems: readonly string[] = [],
): z.output<Schema> {
  const result = schema.safeParse(present)
  const problems = [
    ...(result.error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []),
    ...otherProblems,
    ...misspelled(present),
  ]
  if (result.success && problems.length === 0) return result.data
  throw new ConfigError(`The configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
}

const withoutEmpty = (env: Variables): Variables =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))

const misspelled = (present: Variables): string[] =>
  findMisspelled(Object.keys(present), [...Object.keys(environment.shape), ...oidcVariables(present)]).map(
    ({ name, meant }) => `${name} is unknown; did you mean ${meant}?`,
  )

const equalSecrets = (present: Variables): string[] =>
  findEqualSecrets(present).map(
    ([name, other]) => `${other} must differ from ${name}; generate a new one with: openssl rand -hex 32`,
  )

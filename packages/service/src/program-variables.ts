// The variables that all services beside Postern have in common, and how a service reads its own. Those that Postern has too have the
// same names, and mean the same.
import { z } from 'zod'
import { ConfigError } from './config-error.js'
import { type DatabaseServer, toDatabaseServer } from './database/server.js'
import { databaseProblems, databaseUrl, databaseVariables } from './database/variables.js'
import { developmentSecrets } from './development-secrets.js'
import { rabbitmqConflicts, rabbitmqVariables } from './events/rabbitmq-variables.js'
import { grpcConflicts, grpcPort, grpcVariables } from './grpc-variables.js'
import { redisConflicts, redisVariables } from './redis-variables.js'
import { serviceKeyVariables } from './service-key-variables.js'
import { tokenProblems, tokenVariables } from './token-variables.js'
import { tracingVariables } from './tracing-variables.js'
import { count, secret, seconds, type Variables } from './values.js'

/** Durations are whole seconds. */
export const programVariables = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  SHUTDOWN_DELAY: seconds(0, 0, 600),
  SHUTDOWN_TIMEOUT: seconds(8, 1, 600),
  MAX_CONCURRENT_REQUESTS: count(1000, 1, 100_000),
  MAX_CONNECTIONS: count(10_000, 1, 1_000_000),
  METRICS_TOKEN: secret.optional(),
  ...databaseVariables.shape,
  ...redisVariables.shape,
  ...rabbitmqVariables.shape,
  ...tokenVariables.shape,
  ...serviceKeyVariables.shape,
  ...grpcVariables.shape,
  ...tracingVariables.shape,
})

/** A port of gRPC or of metrics. Its value is a number, or `off`. */
export const portOrOff = (fallback: number) => grpcPort.default(fallback)

/** Those that `npm start` generates. */
const SECRETS = ['GATEWAY_KEY', 'JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'REVOCATION_KEY']

type Read = z.output<typeof programVariables>

export interface ProgramConfig extends Readonly<Omit<Read, 'GRPC_REFLECTION'>> {
  readonly GRPC_REFLECTION: boolean
  readonly REVOCATION_REDIS_URL: string
}

interface Rules {
  /** The name of the variable with the URL of its database. */
  databaseUrl: string
  /** The names of its own secrets that `npm start` generates. */
  secrets?: readonly string[]
  /** What its own variables must agree on. */
  problems?: (env: Variables) => readonly string[]
}

/**
 * Reads and checks all variables at once: `schema` is `programVariables` with those of the service. An empty variable counts as
 * absent. Throws a {@link ConfigError} that lists every problem.
 */
export function readVariables<Schema extends typeof programVariables>(
  schema: Schema,
  env: Variables,
  { databaseUrl: urlName, secrets = [], problems = () => [] }: Rules,
): Readonly<z.output<Schema>> & ProgramConfig {
  const present = withoutEmpty(env)
  const result = schema.safeParse(present)
  const found = [
    ...issuesOf(result.error),
    ...databaseProblems(present, urlName),
    ...redisConflicts(present),
    ...rabbitmqConflicts(present),
    ...tokenProblems(present),
    ...grpcConflicts(present),
    ...developmentSecrets(present, [...SECRETS, ...secrets]),
    ...problems(present),
  ]
  if (!result.success || found.length > 0) throw invalid(found)
  const data = result.data as z.output<Schema> & Read
  return Object.freeze({
    ...data,
    GRPC_REFLECTION: data.GRPC_REFLECTION ?? data.NODE_ENV !== 'production',
    REVOCATION_REDIS_URL: data.REVOCATION_REDIS_URL ?? data.REDIS_URL,
  })
}

/** The database of a service, as its variables describe it. */
export interface ProgramDatabase {
  readonly server: DatabaseServer
  /** The name of the variable with its URL. */
  readonly urlName: string
  /** How long a wait for it may take, in seconds. */
  readonly timeout: number
}

/** What migrations need: they can run where the secrets of the service are absent. Throws a {@link ConfigError}. */
export function readDatabaseVariables(env: Variables, urlName: string): ProgramDatabase {
  const present = withoutEmpty(env)
  const result = databaseVariables.safeParse(present)
  const url = z.object({ [urlName]: databaseUrl }).safeParse(present)
  const problems = [...issuesOf(url.error), ...issuesOf(result.error), ...databaseProblems(present, urlName)]
  if (!result.success || problems.length > 0) throw invalid(problems)
  const server = toDatabaseServer(present[urlName] ?? '', result.data)
  return { server, urlName, timeout: result.data.DATABASE_TIMEOUT }
}

const withoutEmpty = (env: Variables): Variables =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))

const issuesOf = (error: z.ZodError | undefined): string[] =>
  error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`) ?? []

const invalid = (problems: readonly string[]): ConfigError =>
  new ConfigError(`The configuration is invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)

/** Where a service listens unless it is told: in production everywhere, otherwise on this machine. */
export const defaultHost = ({ NODE_ENV }: Pick<Read, 'NODE_ENV'>): string =>
  NODE_ENV === 'production' ? '::' : '127.0.0.1'

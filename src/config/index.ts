import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { findEqualSecrets } from './equal-secrets.js'
import { findMisspelled } from './misspelled.js'

const whole = (min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number${unit}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${min} to ${max}${unit}`)
const count = (fallback: number, min: number, max: number, unit = '') => whole(min, max, unit).default(fallback)
const seconds = (fallback: number, min = 1, max = 10 * 365 * 86_400) => count(fallback, min, max, ' seconds')
const flag = z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')
const list = z
  .string()
  .default('')
  .transform((value) => value.split(',').flatMap((item) => item.trim() || []))
const isUrl = (value: string, protocols: string[], needsPath: boolean): boolean => {
  const parsed = URL.parse(value)
  if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === '') return false
  if (needsPath && parsed.pathname.length < 2) return false
  // A percent sign that encodes nothing would only be noticed by the driver.
  return [parsed.username, parsed.password, parsed.pathname].every((part) => /^(?:[^%]|%[\da-f]{2})*$/i.test(part))
}
const databaseUrl = z
  .string('is required: mysql://user:password@host:3306/database')
  .refine((value) => isUrl(value, ['mysql:', 'mariadb:'], true), 'must be mysql://user:password@host:port/database')
const redisUrl = z
  .string('is required: redis://host:6379')
  .refine((value) => isUrl(value, ['redis:', 'rediss:'], false), 'must be redis://:password@host:port or rediss://…')
const proxies = list.refine(
  (items) => items.every((item) => isIP(item.replace(/\/\d{1,3}$/, '')) > 0),
  'must be addresses or ranges, such as 10.0.0.0/8, with commas between',
)
const origins = list.refine(
  (items) => items.every((item) => URL.parse(item)?.origin === item),
  'must be origins, such as https://app.example.com, with commas between',
)
const formats = list.refine(
  (items) => items.every((item) => item === 'jwt' || item === 'paseto'),
  'must be jwt, paseto, or both with a comma between',
)
const pasetoKey = z
  .string()
  .regex(/^[\da-f]{64}$/i, 'must be 64 hex characters (32 bytes); make one with: openssl rand -hex 32')
const prefork = z
  .string()
  .regex(/^(?:true|false|[1-9]\d?|1[01]\d|12[0-8])$/, 'must be true, false, or a number of processes from 1 to 128')
  .transform((value) => (value === 'true' || value === 'false' ? value === 'true' : Number(value)))
const renames = z
  .string()
  .regex(
    /^(?:[1-9]\d{0,3})\/(?:[1-9]\d{0,8})$/,
    'must be a number of renames and of seconds with a slash between, such as 3/2592000',
  )
  .transform((value) => {
    const [count = 0, seconds = 0] = value.split('/').map(Number)
    return { count, seconds }
  })
const secret = z
  .string('is required; make one with: openssl rand -hex 32')
  .refine((value) => Buffer.byteLength(value) >= 32, {
    message: 'must be at least 32 bytes long; make one with: openssl rand -hex 32',
  })

/** Every variable the service reads. Durations are whole seconds. `.env.example` and the README repeat the defaults. */
export const environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  HOST: z.string().optional(),
  PORT: count(8080, 0, 65_535),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  TRUST_PROXY: proxies,
  ALLOWED_ORIGINS: origins,
  COOKIES: flag.default(false),
  WEB: flag.default(true),
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  HOT_PATH: flag.default(true),
  MAX_CONCURRENT_REQUESTS: count(1000, 1, 100_000),
  SHUTDOWN_TIMEOUT: seconds(8, 1, 600),
  PREFORK: prefork.default(false),

  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
  REDIS_URL: redisUrl,
  REDIS_CLUSTER: flag.default(false),
  REVOCATION_REDIS_URL: redisUrl.optional(),

  TOKEN_FORMAT: z.enum(['jwt', 'paseto'], 'must be jwt or paseto').default('jwt'),
  ACCEPTED_TOKEN_FORMATS: formats,
  JWT_SECRET: secret.optional(),
  JWT_SECRET_PREVIOUS: secret.optional(),
  KEYS_DIR: z.string().optional(),
  JWKS_CACHE_TTL: seconds(300, 10, 3600),
  PASETO_KEY: pasetoKey.optional(),
  PASETO_KEY_PREVIOUS: pasetoKey.optional(),
  JWT_ISSUER: z.string().default('postern'),
  JWT_AUDIENCE: z.string().default('postern'),
  ACCESS_TOKEN_TTL: seconds(900, 1, 86_400),
  CLOCK_SKEW: seconds(30, 0, 60),
  REFRESH_KEY: secret,
  REVOCATION_KEY: secret.optional(),
  SESSION_IDLE_TTL: seconds(30 * 86_400),
  SESSION_ABSOLUTE_TTL: seconds(90 * 86_400),
  SESSIONS_PER_USER: count(50, 1, 1000),
  REFRESH_GRACE: seconds(10, 0, 60),

  PASSWORD_MIN_LENGTH: count(8, 8, 128),
  ARGON2_MEMORY_KIB: count(19_456, 1024, 4_194_304),
  ARGON2_TIME_COST: count(2, 1, 100),
  ARGON2_PARALLELISM: count(1, 1, 16),
  HASH_CONCURRENCY: whole(1, 1024).optional(),
  HASH_QUEUE: count(256, 1, 100_000),

  USERNAME_CACHE_TTL: seconds(300, 1, 86_400),
  USERNAME_WARMING: count(2000, 0, 100_000, ' names a second'),
  USERNAME_HOLD: seconds(30 * 86_400, 0),
  USERNAME_RENAMES: renames.prefault('3/2592000'),
  RESERVED_USERNAMES: list,
})

type Environment = z.output<typeof environment>
type TokenFormatName = Environment['TOKEN_FORMAT']
/** Absent in the environment, and never in the configuration. */
type Derived =
  | 'HOST'
  | 'PLAYGROUND'
  | 'INTROSPECTION'
  | 'REVOCATION_REDIS_URL'
  | 'JWT_SECRET'
  | 'PASETO_KEY'
  | 'ACCEPTED_TOKEN_FORMATS'
  | 'HASH_CONCURRENCY'

export type Config = Readonly<
  Omit<Environment, Derived> & {
    HOST: string
    PLAYGROUND: boolean
    INTROSPECTION: boolean
    REVOCATION_REDIS_URL: string
    /** Empty where KEYS_DIR takes its place, or no JWT is accepted. */
    JWT_SECRET: string
    /** Empty where no PASETO is accepted. */
    PASETO_KEY: string
    ACCEPTED_TOKEN_FORMATS: readonly TokenFormatName[]
    HASH_CONCURRENCY: number
  }
>

/** Secrets that `npm start` makes begin with this, so that they can never serve in production. */
const DEVELOPMENT_SECRET = 'development-'

/** Thrown at start; its message lists every variable that is wrong, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export type DatabaseConfig = ReturnType<typeof readDatabaseConfig>

/** What `migrate` needs: it runs where the service's secrets may not be. Throws a {@link ConfigError}. */
export function readDatabaseConfig(env: Record<string, string | undefined> = process.env) {
  const result = environment.pick({ DATABASE_URL: true, DATABASE_TIMEOUT: true }).safeParse(withoutEmpty(env))
  return usable(result, misspelled(env))
}

export type KeysConfig = ReturnType<typeof readKeysConfig>

/** What `keys` needs: the folder, and how long tokens and published keys live. Throws a {@link ConfigError}. */
export function readKeysConfig(env: Record<string, string | undefined> = process.env) {
  const needed = environment.pick({ KEYS_DIR: true, JWKS_CACHE_TTL: true, ACCESS_TOKEN_TTL: true, CLOCK_SKEW: true })
  const result = needed
    .extend({ KEYS_DIR: z.string('is required: the folder of the key files') })
    .safeParse(withoutEmpty(env))
  return usable(result, misspelled(env))
}

function usable<T>(result: z.ZodSafeParseResult<T>, misspelled: string[]): T {
  const problems = [...(result.error?.issues.map(describe) ?? []), ...misspelled]
  if (!result.success || problems.length > 0) throw new ConfigError(unusable(problems))
  return result.data
}

const misspelled = (env: Record<string, string | undefined>): string[] =>
  findMisspelled(Object.keys(withoutEmpty(env)), Object.keys(environment.shape)).map(
    ({ name, meant }) => `${name} is unknown; did you mean ${meant}?`,
  )

const equalSecrets = (env: Record<string, string | undefined>): string[] =>
  findEqualSecrets(env).map(
    ([name, other]) => `${other} must differ from ${name}; make a new one with: openssl rand -hex 32`,
  )

const withoutEmpty = (env: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))

const describe = (issue: { path: PropertyKey[]; message: string }): string => `${issue.path.join('.')} ${issue.message}`

const unusable = (problems: string[]): string =>
  `The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`

/** Reads and checks all settings at once. An empty variable counts as absent. Throws a {@link ConfigError}. */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const present = withoutEmpty(env)
  const result = environment.safeParse(present)
  const problems = result.success ? [] : result.error.issues.map(describe)

  const production = present['NODE_ENV'] === 'production'
  for (const name of ['JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'REFRESH_KEY', 'REVOCATION_KEY']) {
    if (production && present[name]?.startsWith(DEVELOPMENT_SECRET))
      problems.push(`${name} is a development secret; make one for production with: openssl rand -hex 32`)
  }
  problems.push(...missingKeys(present), ...equalSecrets(present), ...misspelled(env))
  if (present['REDIS_CLUSTER'] === 'true' && present['REVOCATION_REDIS_URL'] === undefined)
    problems.push('REVOCATION_REDIS_URL is required with REDIS_CLUSTER: the log of revocations lives on one server')
  if (!result.success || problems.length > 0) throw new ConfigError(unusable(problems))

  const parsed = result.data
  const acceptedFormats = namedFormats(present)
  return Object.freeze({
    ...parsed,
    HOST: parsed.HOST ?? (production ? '::' : '127.0.0.1'),
    PLAYGROUND: parsed.PLAYGROUND ?? !production,
    INTROSPECTION: parsed.INTROSPECTION ?? !production,
    REVOCATION_REDIS_URL: parsed.REVOCATION_REDIS_URL ?? parsed.REDIS_URL,
    JWT_SECRET: (parsed.KEYS_DIR === undefined && parsed.JWT_SECRET) || '',
    PASETO_KEY: parsed.PASETO_KEY ?? '',
    ACCEPTED_TOKEN_FORMATS: acceptedFormats,
    HASH_CONCURRENCY: parsed.HASH_CONCURRENCY ?? Math.max(1, Math.floor(availableParallelism() / processes(parsed))),
  })
}

/** How many processes serve, each with pools and limits of its own. */
export function processes({ PREFORK }: Pick<Config, 'PREFORK'>): number {
  if (typeof PREFORK === 'number') return PREFORK
  return PREFORK ? Math.min(availableParallelism(), 128) : 1
}

/** The formats that are accepted; the one that is issued when nothing else is said. */
function namedFormats(present: Record<string, string | undefined>): readonly TokenFormatName[] {
  const named = (present['ACCEPTED_TOKEN_FORMATS'] ?? present['TOKEN_FORMAT'] ?? 'jwt').split(',')
  return (['jwt', 'paseto'] as const).filter((format) => named.some((name) => name.trim() === format))
}

/** Which keys there must be depends on the formats, and on whether KEYS_DIR takes the place of JWT_SECRET. */
function missingKeys(present: Record<string, string | undefined>): string[] {
  const accepted = namedFormats(present)
  const issued = present['TOKEN_FORMAT'] ?? 'jwt'
  const has = (name: string) => present[name] !== undefined
  const problems = []
  if ((issued === 'jwt' || issued === 'paseto') && !accepted.includes(issued))
    problems.push(`ACCEPTED_TOKEN_FORMATS must name ${issued}, the TOKEN_FORMAT that is issued`)
  if (accepted.includes('jwt') && !has('JWT_SECRET') && !has('KEYS_DIR'))
    problems.push('JWT_SECRET is required, unless KEYS_DIR is set; make one with: openssl rand -hex 32')
  if (accepted.includes('paseto') && !has('PASETO_KEY'))
    problems.push('PASETO_KEY is required for PASETO; make one with: openssl rand -hex 32')
  if (!has('REVOCATION_KEY') && (has('KEYS_DIR') || (!has('JWT_SECRET') && !accepted.includes('jwt'))))
    problems.push(
      'REVOCATION_KEY is required where no JWT_SECRET is used, to derive it from; make one with: openssl rand -hex 32',
    )
  return problems
}

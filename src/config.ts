import { isIP } from 'node:net'
import { z } from 'zod'

const count = (fallback: number, min: number, max: number, unit = '') =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number${unit}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be ${min} to ${max}${unit}`)
    .default(fallback)
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
  PLAYGROUND: flag.optional(),
  INTROSPECTION: flag.optional(),
  MAX_CONCURRENT_REQUESTS: count(1000, 1, 100_000),
  SHUTDOWN_TIMEOUT: seconds(8, 1, 600),

  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: count(10, 1, 1000),
  DATABASE_TIMEOUT: seconds(5, 1, 60),
  REDIS_URL: redisUrl,
  REVOCATION_REDIS_URL: redisUrl.optional(),

  JWT_SECRET: secret,
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

  USERNAME_CACHE_TTL: seconds(300, 1, 86_400),
  USERNAME_HOLD: seconds(0, 0),
  RESERVED_USERNAMES: list,
})

type Environment = z.output<typeof environment>

export type Config = Readonly<
  Omit<Environment, 'HOST' | 'PLAYGROUND' | 'INTROSPECTION' | 'REVOCATION_REDIS_URL'> & {
    HOST: string
    PLAYGROUND: boolean
    INTROSPECTION: boolean
    REVOCATION_REDIS_URL: string
  }
>

/** Secrets that `npm start` makes begin with this, so that they can never serve in production. */
const DEVELOPMENT_SECRET = 'development-'

/** Thrown at start; its message lists every variable that is wrong, and never a value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/** What `migrate` needs: it runs where the service's secrets may not be. Throws a {@link ConfigError}. */
export function readDatabaseConfig(env: Record<string, string | undefined> = process.env) {
  const result = environment.pick({ DATABASE_URL: true, DATABASE_TIMEOUT: true }).safeParse(withoutEmpty(env))
  if (result.success) return result.data
  throw new ConfigError(unusable(result.error.issues.map(describe)))
}

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
  for (const name of ['JWT_SECRET', 'REFRESH_KEY', 'REVOCATION_KEY']) {
    if (production && present[name]?.startsWith(DEVELOPMENT_SECRET))
      problems.push(`${name} is a development secret; make one for production with: openssl rand -hex 32`)
  }
  if (!result.success || problems.length > 0) throw new ConfigError(unusable(problems))

  const parsed = result.data
  return Object.freeze({
    ...parsed,
    HOST: parsed.HOST ?? (production ? '::' : '127.0.0.1'),
    PLAYGROUND: parsed.PLAYGROUND ?? !production,
    INTROSPECTION: parsed.INTROSPECTION ?? !production,
    REVOCATION_REDIS_URL: parsed.REVOCATION_REDIS_URL ?? parsed.REDIS_URL,
  })
}

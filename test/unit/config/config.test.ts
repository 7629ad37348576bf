import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { describe, expect, it } from 'vitest'
import { rabbitmqServer } from '@postern/service/events/rabbitmq-variables'
import { variables as gatewayVariables } from '../../../services/gateway/src/config/variables.js'
import { ConfigError, environment, processes, readConfig, readKeysConfig } from '../../../src/config/index.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}

const problems = (env: Record<string, string>): string => {
  try {
    readConfig({ ...REQUIRED, ...env })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')

interface Parsed {
  success: boolean
  data?: string | number | boolean | object | null | undefined
}

/** Of the service, and of the gateway if the service does not have it. */
const variables: Record<string, { safeParse: (value: undefined) => Parsed }> = {
  ...gatewayVariables.shape,
  ...environment.shape,
}

/** A variable's default as documents show it. Empty where documents show what its value is made from. */
function writtenDefault(name: string): string {
  const parsed = variables[name]?.safeParse(undefined)
  if (!parsed?.success || name.endsWith('_GRPC_URL') || parsed.data === undefined) return ''
  if (Array.isArray(parsed.data)) return parsed.data.join(',')
  if (parsed.data === null || parsed.data instanceof Map) return ''
  if (typeof parsed.data === 'object') return Object.values(parsed.data).join('/')
  return String(parsed.data)
}

describe('the configuration', () => {
  it('has these defaults', () => {
    expect(readConfig(REQUIRED)).toMatchObject({
      ...{ NODE_ENV: 'development', HOST: '127.0.0.1', PORT: 8080, JWT_ISSUER: 'postern', JWT_AUDIENCE: 'postern' },
      ...{ ACCESS_TOKEN_TTL: 900, CLOCK_SKEW: 30, USERNAME_CACHE_TTL: 300, PASSWORD_MIN_LENGTH: 8 },
      ...{ ARGON2_MEMORY_KIB: 19_456, ARGON2_TIME_COST: 2, ARGON2_PARALLELISM: 1 },
      ...{ PLAYGROUND: true, INTROSPECTION: true, REVOCATION_REDIS_URL: 'redis://localhost' },
    })
  })

  it('turns off introspection and playground in production, and listens on all addresses', () => {
    const production = readConfig({ ...REQUIRED, NODE_ENV: 'production' })
    expect(production).toMatchObject({ HOST: '::', PLAYGROUND: false, INTROSPECTION: false })
    expect(readConfig({ ...REQUIRED, NODE_ENV: 'production', PLAYGROUND: 'true' }).PLAYGROUND).toBe(true)
  })

  it('counts an empty variable as absent', () => {
    expect(readConfig({ ...REQUIRED, PORT: '', JWT_ISSUER: '' })).toMatchObject({ PORT: 8080, JWT_ISSUER: 'postern' })
  })

  it.each([
    ['PORT', '80.5'],
    ['PORT', '65536'],
    ['PORT', '8080 '],
    ['PORT', '0x1F91'],
    ['TRUST_PROXY', 'true'],
    ['TRUST_PROXY', '10.0.0.0/33'],
    ['TRUST_PROXY', '10.0.0.0/0'],
    ['TRUST_PROXY', '::1/129'],
    ['TRUST_PROXY', '10.0.0.0/8/8'],
    ['PROXY_HEADERS', 'both'],
    ['ALLOWED_ORIGINS', '*.example.org'],
    ['ALLOWED_ORIGINS', 'https://*.example.org'],
    ['ALLOWED_ORIGINS', 'https://app.example.com/'],
    ['DATABASE_URL', 'mysql://no-database-named'],
    ['DATABASE_URL', 'mysql://u:%zz@host/db'],
    ['REDIS_URL', 'redis://:%zz@host'],
    ['ACCESS_TOKEN_TTL', '15m'],
    ['ACCESS_TOKEN_TTL', '99999'],
    ['CLOCK_SKEW', '61'],
    ['PLAYGROUND', 'yes'],
    ['PASSKEY_RP_ID', 'https://example.com'],
    ['PASSKEY_RP_ID', 'example.com:443'],
    ['PASSKEY_RP_ID', 'Example.com'],
    ['PASSKEY_RP_ID', 'intranet'],
    ['PASSKEY_RP_ID', '192.0.2.1'],
    ['PASSKEY_RP_ID', '[::1]'],
    ['PASSKEY_RP_ID', '-a.example.com'],
    ['PASSKEY_ORIGINS', 'https://app.example.com/'],
    ['PASSKEY_ORIGINS', 'http://app.example.com'],
    ['PASSKEY_ORIGINS', 'https://*.example.com'],
    ['PASSKEY_ORIGINS', 'android:apk-key-hash:short'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['JWT_SECRET_PREVIOUS', 'x'.repeat(31)],
    ['AUDIT_KEY', 'x'.repeat(31)],
    ['AUDIT_KEY_PREVIOUS', `${'x'.repeat(32)},short`],
    ['AUDIT_RETENTION_DAYS', '99999'],
    ['TOKEN_FORMAT', 'PASETO'],
    ['ACCEPTED_TOKEN_FORMATS', 'jwt,saml'],
    ['PASETO_KEY', 'ab'.repeat(31)],
    ['PASETO_KEY', 'xy'.repeat(32)],
    ['PASETO_KEY_PREVIOUS', 'ab'.repeat(33)],
    ['JWKS_CACHE_TTL', '9'],
    ['JWT_ISSUER', 'https://auth.example.com/?tenant=1'],
    ['JWT_ISSUER', 'https://auth.example.com/#'],
    ['JWT_ISSUER', 'https://user:password@auth.example.com'],
    ['JWT_ISSUER', 'https://auth.example.com/a b'],
    ['JWT_ISSUER', 'https:auth.example.com'],
    ['JWT_ISSUER', 'https://auth.example.com:port'],
    ['DATABASE_URL', 'postgres://localhost/postern'],
    ['REDIS_URL', 'localhost:6379'],
    ['NODE_ENV', 'staging'],
    ['METRICS_TOKEN', 'x'.repeat(31)],
    ['METRICS_PORT', '65536'],
    ['GRPC_PORT', 'yes'],
    ['GRPC_PORT', '65536'],
    ['GRPC_MAX_MESSAGE_BYTES', '1000'],
    ['GRPC_TLS_CERT', '/no/such/file'],
    ['GATEWAY_KEY', 'x'.repeat(31)],
    ['SHUTDOWN_DELAY', '601'],
    ['PREFORK', '0'],
    ['PREFORK', '129'],
    ['PREFORK', 'cores'],
    ['RATE_LIMIT_LOGIN', '5/60,10/3600'],
    ['RATE_LIMIT_REGISTER', '4 per hour'],
    ['RATE_LIMIT_REGISTER', '0/60'],
    ['RATE_LIMIT_REGISTER', '4/0'],
    ['RATE_LIMIT_REGISTER', '4/60,'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:password@collector:4318'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/v1/traces'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'no-value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'na me=value'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'name=a%0Ab'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'name=%zz'],
    ['OTEL_TRACES_SAMPLER', 'xray'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
    ['OTEL_TRACES_SAMPLER_ARG', '10%'],
    ['CAPTCHA_URL', 'http://captcha.example.com/siteverify'],
    ['OUTBOUND_ALLOWED_HOSTS', 'receiver.internal:8080'],
    ['WEBHOOK_RATE', '5'],
    ['WEBHOOK_RETENTION', '3601'],
    ['WEBHOOK_KEY', 'too-few-bytes'],
    ['MFA_KEY', 'too-few-bytes'],
    ['MFA_KEY_PREVIOUS', 'too-few-bytes'],
    ['MFA_REQUIRED_ROLES', 'ADMIN,ROOT'],
    ['OUTBOUND_ALLOWED_HOSTS', 'http://receiver.internal'],
    ['CAPTCHA_URL', 'siteverify'],
    ['CAPTCHA_URL', 'https://user:password@captcha.example.com/siteverify'],
    ['CAPTCHA_SCRIPT_URL', 'ftp://captcha.example.com/api.js'],
    ['CAPTCHA_ORIGINS', "https://a.example 'unsafe-inline'"],
    ['CAPTCHA_ORIGINS', 'https://a.example; default-src *'],
    ['CAPTCHA_ORIGINS', 'http://captcha.example.com'],
    ['BREACHED_PASSWORDS_URL', 'http://api.example.com/range'],
    ['RABBITMQ_URL', 'http://user:password@host'],
    ['RABBITMQ_URL', 'amqp://user:pass/word@host'],
    ['RABBITMQ_URL', 'amqp://user:password@host:0/'],
    ['RABBITMQ_URL', 'amqp://user:%zz@host'],
    ['RABBITMQ_URL', 'amqp://host/vhost'],
    ['RABBITMQ_URL', 'amqps://user:password@host/?heartbeat=1'],
    ['RABBITMQ_HOST', 'host:5672'],
    ['RABBITMQ_PORT', '65536'],
    ['ROLE', 'consumer'],
    ['CONSUMERS', '101'],
    ['PREFETCH', '1001'],
    ['EVENT_RETRIES', '10s'],
    ['EVENT_RETRIES', '1,999999'],
    ['APP_NAME', 'A <b>'],
    ['APP_URL', 'the-pages'],
    ['APP_URL', 'https://auth.example.com/?a=b'],
    ['APP_URL', 'https://user:password@auth.example.com'],
    ['APP_URL', "https://auth.example.com/'onclick"],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'a@example.com, b@example.com'],
    ['MAIL_FROM', 'A <a@example.com>, B <b@example.com>'],
    ['MAIL_FROM', 'a@example.com\r\nBcc: b@example.com'],
    ['SMTP_CA', '/does/not/exist'],
  ])('refuses %s=%s, naming the variable and never the value', (name, value) => {
    const message = problems({ [name]: value })
    expect(message).toContain(`  - ${name} `)
    expect(message).not.toContain(value)
  })

  it('refuses a captcha without a secret, or with pages that could not show it', () => {
    const captcha = { CAPTCHA_URL: 'https://captcha.example.com/siteverify' }
    expect(problems({ ...captcha, WEB: 'false' })).toContain('CAPTCHA_SECRET is required with CAPTCHA_URL')
    const secret = { ...captcha, CAPTCHA_SECRET: 's' }
    expect(problems({ ...secret, CAPTCHA_SITE_KEY: 'k' })).toContain('required for the pages; or set WEB=false')
    expect(problems({ ...secret, WEB: 'false' })).toBe('')
    const shown = { CAPTCHA_SITE_KEY: 'k', CAPTCHA_SCRIPT_URL: 'https://captcha.example.com/api.js' }
    expect(problems({ ...secret, ...shown, CAPTCHA_ORIGINS: 'https://*.example.com,https://example.com' })).toBe('')
    for (const [name, value] of Object.entries(shown))
      expect(problems({ [name]: value })).toContain(`${name} has no effect without CAPTCHA_URL`)
  })

  it('refuses variables of RabbitMQ that contradict each other', () => {
    const url = { RABBITMQ_URL: 'amqps://user:p%40ss@rabbit.example.com/my%2Fvhost' }
    const parts = { RABBITMQ_HOST: '::1', RABBITMQ_USER: 'user', RABBITMQ_PASSWORD: 'p@ss' }
    expect([problems(url), problems(parts)]).toEqual(['', ''])
    expect(problems({ ...url, RABBITMQ_PORT: '5671' })).toContain('RABBITMQ_PORT and RABBITMQ_URL say the same')
    expect(problems({ RABBITMQ_HOST: 'rabbit' })).toContain('RABBITMQ_PASSWORD is required with RABBITMQ_HOST')
    expect(problems({ RABBITMQ_USER: 'user' })).toContain('RABBITMQ_HOST is required with RABBITMQ_USER')
    expect(problems({ ...parts, RABBITMQ_CA: '/dev/null' })).toContain('RABBITMQ_CA has no effect without TLS')
    expect(rabbitmqServer(readConfig({ ...REQUIRED, ...url }))).toEqual({
      ...{ host: 'rabbit.example.com', port: 5671, user: 'user', password: 'p@ss', vhost: 'my/vhost', tls: true },
      ca: undefined,
    })
    expect(rabbitmqServer(readConfig({ ...REQUIRED, ...parts }))).toMatchObject({ host: '::1', port: 5672, vhost: '/' })
    expect(rabbitmqServer(readConfig(REQUIRED))).toBeNull()
  })

  it('refuses a worker that consumes nothing, or that would share a port', () => {
    expect(problems({ ROLE: 'worker' })).toBe('')
    expect(problems({ ROLE: 'worker', CONSUMERS: '0' })).toContain('CONSUMERS must be at least 1 with ROLE=worker')
    expect(problems({ ROLE: 'worker', PREFORK: '2' })).toContain('PREFORK has no effect with ROLE=worker')
  })

  it('refuses what does not work without events', () => {
    expect(problems({ OUTBOX: 'false' })).toBe('')
    const broker = { RABBITMQ_URL: 'amqp://user:password@localhost' }
    expect(problems({ OUTBOX: 'false', ...broker })).toContain('RABBITMQ_URL has no effect with OUTBOX=false')
    for (const name of ['CONSENT_GRPC_URL', 'NOTIFICATION_GRPC_URL']) {
      const called = { [name]: 'localhost:50053', SERVICE_KEY: `auth:${'k'.repeat(32)}` }
      expect(problems(called)).toBe('')
      expect(problems({ OUTBOX: 'false', ...called })).toContain(`${name} needs the outbox`)
    }
  })

  it('refuses two lists of breached passwords', () => {
    const [file, url] = [{ BREACHED_PASSWORDS_FILE: '/list' }, { BREACHED_PASSWORDS_URL: 'https://a.example/range' }]
    expect([problems(file), problems(url)]).toEqual(['', ''])
    expect(problems({ ...file, ...url })).toContain('must not both be set')
  })

  it('refuses one port for the API and the metrics, but any free port for both', () => {
    expect(problems({ METRICS_PORT: '8080' })).toContain('METRICS_PORT must differ from PORT')
    expect(problems({ PORT: '9090', METRICS_PORT: '9090' })).toContain('METRICS_PORT must differ from PORT')
    expect(problems({ PORT: '0', METRICS_PORT: '0' })).toBe('')
  })

  it.each(['JWT_SECRET', 'JWT_SECRET_PREVIOUS', 'REFRESH_KEY', 'REVOCATION_KEY'])(
    'refuses a development %s in production only',
    (name) => {
      const env = { [name]: `development-${'0'.repeat(64)}` }
      expect(problems(env)).toBe('')
      expect(problems({ ...env, NODE_ENV: 'production' })).toContain(`${name} is a development secret`)
    },
  )

  it('requires no JWT_SECRET with KEYS_DIR, but a REVOCATION_KEY', () => {
    const keys = { JWT_SECRET: '', KEYS_DIR: '/etc/postern/keys' }
    expect(problems({ JWT_SECRET: '' })).toMatch('JWT_SECRET is required, unless KEYS_DIR is set')
    expect(problems(keys)).toMatch(/^ {2}- REVOCATION_KEY is required/m)
    expect(problems({ ...keys, JWT_SECRET: 'j'.repeat(32) })).toContain('REVOCATION_KEY is required')
    const revocations = { REVOCATION_KEY: 'k'.repeat(32) }
    expect(problems({ ...keys, ...revocations })).toBe('')
    // With key pairs, a secret is ignored: neither kind verifies tokens of the other.
    expect(readConfig({ ...REQUIRED, ...keys, ...revocations, JWT_SECRET: 'j'.repeat(32) }).JWT_SECRET).toBe('')
  })

  it('requires the keys of the accepted formats, and names everything that is missing at once', () => {
    const paseto = { TOKEN_FORMAT: 'paseto', PASETO_KEY: 'ab'.repeat(32) }
    expect(readConfig({ ...REQUIRED, ...paseto }).ACCEPTED_TOKEN_FORMATS).toEqual(['paseto'])
    expect(readConfig(REQUIRED).ACCEPTED_TOKEN_FORMATS).toEqual(['jwt'])
    expect(problems({ TOKEN_FORMAT: 'paseto' })).toMatch(/PASETO_KEY is required.*openssl rand -hex 32/)
    expect(problems({ ...paseto, JWT_SECRET: '' })).toContain('REVOCATION_KEY is required')
    expect(problems({ ...paseto, JWT_SECRET: '', REVOCATION_KEY: 'k'.repeat(32) })).toBe('')
    expect(problems({ ...paseto, ACCEPTED_TOKEN_FORMATS: 'jwt' })).toContain('ACCEPTED_TOKEN_FORMATS must name paseto')
    const all = problems({ ACCEPTED_TOKEN_FORMATS: 'jwt,paseto', JWT_SECRET: '', PORT: 'x' })
    expect(all.split('\n').map((line) => /^ {2}- (\w+)/.exec(line)?.[1])).toEqual(
      expect.arrayContaining(['PORT', 'JWT_SECRET', 'PASETO_KEY']),
    )
  })

  it('reads the configuration of the key commands without the secrets of the service', () => {
    expect(readKeysConfig({ KEYS_DIR: 'keys' })).toEqual({
      ...{ KEYS_DIR: 'keys', JWKS_CACHE_TTL: 300, ACCESS_TOKEN_TTL: 900, CLOCK_SKEW: 30 },
    })
    expect(() => readKeysConfig({})).toThrow('KEYS_DIR is required')
  })

  it('returns the number of processes', () => {
    const count = (PREFORK: string) => processes(readConfig({ ...REQUIRED, PREFORK }))
    expect(['', 'false', '1', '128'].map(count)).toEqual([1, 1, 1, 128])
    expect(count('true')).toBe(availableParallelism())
  })

  it('reads the variables of OpenTelemetry in the forms of its specification', () => {
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20a%3Db , x-team = auth',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%2Cb',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '.25',
    }
    expect(readConfig({ ...REQUIRED, ...env })).toMatchObject({
      OTEL_EXPORTER_OTLP_HEADERS: { authorization: 'Bearer a=b', 'x-team': 'auth' },
      OTEL_RESOURCE_ATTRIBUTES: { 'deployment.environment.name': 'a,b' },
      ...{ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: 0.25 },
    })
  })

  it("can't be changed", () => {
    expect(Object.isFrozen(readConfig(REQUIRED))).toBe(true)
  })
})

it.each([
  'https://bilder.exämple/logo.svg',
  'https://例え.jp/logo.svg',
  'https://cdn.example/logo.svg; script-src *',
  'https://cdn.example/a,b.svg',
  'https://cdn.example/logo.svg\r\nset-cookie: a=b',
  '//evil.example/logo.svg',
  '/\\evil.example/logo.svg',
  'data:image/svg+xml,x',
])('a logo can not change the headers of the pages, nor keep them from being sent: %j', (APP_LOGO_URL) => {
  expect(problems({ APP_LOGO_URL })).toContain('APP_LOGO_URL must be a path such as /logo.svg')
})

describe('gRPC', () => {
  const portOf = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).GRPC_PORT

  it('is on in development, and elsewhere only where it is asked for', () => {
    expect([portOf({}), portOf({ GRPC_PORT: '' }), portOf({ GRPC_PORT: 'off' })]).toEqual([50_051, 50_051, null])
    expect([portOf({ NODE_ENV: 'test' }), portOf({ NODE_ENV: 'production' })]).toEqual([null, null])
    expect(portOf({ NODE_ENV: 'production', GRPC_PORT: '9000' })).toBe(9000)
    expect(portOf({ ROLE: 'worker', GRPC_PORT: '9000' })).toBeNull()
  })

  it.each([
    [{ GRPC_PORT: '8080' }, 'GRPC_PORT must differ from PORT'],
    [{ GRPC_PORT: '9000', METRICS_PORT: '9000' }, 'GRPC_PORT must differ from METRICS_PORT'],
    [{ GRPC_TLS_KEY: '-----BEGIN PRIVATE KEY-----' }, 'GRPC_TLS_KEY needs GRPC_TLS_CERT'],
    [{ GATEWAY_KEY_PREVIOUS: 'x'.repeat(32) }, 'GATEWAY_KEY_PREVIOUS needs GATEWAY_KEY'],
    [{ GATEWAY_KEY: 'r'.repeat(32) }, 'GATEWAY_KEY must differ from REFRESH_KEY'],
  ])('refuses %j', (env, problem) => {
    expect(problems(env)).toContain(problem)
  })
})

describe('the documents of the configuration', () => {
  const names = Object.keys(environment.shape)

  it('.env.example has every variable with its default, and no others', () => {
    const lines = [...read('.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(lines.map(([name]) => name).toSorted()).toEqual(Object.keys(variables).toSorted())
    for (const [name = '', value] of lines) {
      const fallback = writtenDefault(name)
      if (fallback !== '') expect(value, name).toBe(fallback)
    }
  })

  it('the README has every variable with its default, and no others', () => {
    const rows = [...read('README.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`\s+\| (.*?)\s+\|/gm)].map(([, name, value]) => [
      name,
      value,
    ])
    expect(rows.map(([name]) => name).toSorted()).toEqual(names.toSorted())
    for (const [name = '', value] of rows) {
      const fallback = writtenDefault(name)
      if (fallback !== '') expect(value, name).toBe(`\`${fallback}\``)
    }
  })

  it('the guide of the gateway has every variable that only the gateway has', () => {
    const rows = [...read('docs/gateway.md').matchAll(/^\| `([A-Z][A-Z0-9_]+)`\s+\| (.*?)\s+\|/gm)]
    const own = Object.keys(gatewayVariables.shape).filter((name) => !names.includes(name) || name === 'GATEWAY_KEY')
    expect(rows.map(([, name]) => name).toSorted()).toEqual(own.toSorted())
    for (const [, name = '', value] of rows) {
      const fallback = writtenDefault(name)
      if (fallback !== '') expect(value, name).toBe(`\`${fallback}\``)
    }
  })
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startCaptchaProvider } from '../../support/captcha-provider.js'
import { startCollector } from '../../support/collector.js'
import { command } from '../../support/commands.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startOpenIdServer } from '../../support/openid-server.js'
import { startProgram } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateRedis } from '../../support/servers.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'
import { smtpError, startSmtpServer } from '../../support/smtp-server.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => database.drop())

const doctor = (changes: Record<string, string> = {}) => command(['doctor'], { ...env, ...changes })

it('doctor finds everything in order on the servers of the tests', async () => {
  const { code, stdout, stderr } = await doctor()
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  for (const subject of ['Versions', 'Configuration', 'Database', 'Clock', 'Migrations', 'REDIS_URL', 'Keys'])
    expect(stdout).toMatch(new RegExp(`^ok +${subject} `, 'm'))
  expect(stdout).not.toContain('ERROR')
  for (const secret of [TEST_ENVIRONMENT.JWT_SECRET, TEST_ENVIRONMENT.REFRESH_KEY, new URL(database.url).password])
    if (secret) expect(stdout).not.toContain(secret)
})

it('doctor names every wrong variable', async () => {
  const { code, stdout } = await doctor({ PORT: 'x', JWT_SECRET: 'short' })
  expect(code).toBe(1)
  for (const name of ['PORT', 'JWT_SECRET']) expect(stdout).toContain(`- ${name} must`)
})

it('doctor reads the metadata of sign-in providers, and compares the issuer', async () => {
  const provider = await startOpenIdServer({ redirectUris: ['https://auth.example.com/oauth/acme/callback'] })
  // Its metadata name the other one.
  const impostor = createServer((_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ issuer: provider.issuer, authorization_endpoint: `${provider.issuer}/auth` }))
  }).listen(0, '127.0.0.1')
  await once(impostor, 'listening')
  const of = (name: string, issuer: string) => ({
    [`OIDC_${name}_ISSUER`]: issuer,
    [`OIDC_${name}_CLIENT_ID`]: 'id',
    [`OIDC_${name}_CLIENT_SECRET`]: 'a secret of the client',
  })
  const { code, stdout } = await doctor({
    ...of('ACME', provider.issuer),
    ...of('OTHER', `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`),
    ...of('OFF_LINE', 'http://127.0.0.1:1'),
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ok +Sign-in with Acme +http:/m)
  expect(stdout).toMatch(/^ERROR +Sign-in with Other +http:.* has no discovery document, or one of another issuer/m)
  expect(stdout).toContain('Set OIDC_OTHER_ISSUER')
  expect(stdout).toMatch(/^warning +Sign-in with Off line +the provider could not be reached/m)
  expect(stdout).toContain('Check OIDC_OFF_LINE_ISSUER')
  expect(stdout).not.toContain('a secret of the client')
  impostor.close()
  await provider.stop()
})

it('doctor says which migrations are missing, and what to run', async () => {
  const empty = await createTestDatabase({ migrate: false })
  const { code, stdout } = await doctor({ DATABASE_URL: empty.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Migrations +Missing: 20261122000000_initial/m)
  expect(stdout).toContain('npm run migrate')
  await empty.drop()
})

it('doctor names migrations of a newer version, and those that stopped halfway', async () => {
  const other = await createTestDatabase()
  await other.query(
    "INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('1', 'x', '2999_new', NOW())",
  )
  await other.query("UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '20261122000000_initial'")
  const { code, stdout } = await doctor({ DATABASE_URL: other.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Migrations +Migration 20261122000000_initial stopped halfway/m)
  expect(stdout).toMatch(/^warning +Migrations +The database is newer than this version: 2999_new$/m)
  await other.drop()
})

it('doctor says that the database is unavailable, and that the service works without Redis', async () => {
  const { code, stdout } = await doctor({
    DATABASE_URL: 'mysql://u:secret@127.0.0.1:1/x',
    REDIS_URL: 'redis://127.0.0.1:1',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Database +DATABASE_URL: the database server cannot be reached/m)
  expect(stdout).toMatch(/^warning +REDIS_URL +Redis can't be reached/m)
  expect(stdout).not.toContain('secret')
})

it('doctor refuses an eviction policy that could drop the revocation stream', async () => {
  const redis = await privateRedis()
  const client = new Redis(redis.url)
  await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
  client.disconnect()
  const { code, stdout } = await doctor({ REVOCATION_REDIS_URL: redis.url })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Eviction policy +allkeys-lru/m)
  expect(stdout).toContain('Set maxmemory-policy noeviction on the server of REVOCATION_REDIS_URL.')
  await redis.remove()
})

it('doctor measures the clock of this machine by the database', async () => {
  const shifted = fileURLToPath(new URL('../../support/shifted-clock.mjs', import.meta.url))
  const clock = { NODE_OPTIONS: `--import=${shifted}`, CLOCK_SHIFT_MS: '3600000', CLOCK_SHIFT_AT: 'start' }
  const { code, stdout } = await startProgram('cli.js', ['doctor'], { ...env, ...clock }).finished
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Clock +3600\.\d s ahead of the database's; at most 5 s are allowed$/m)
  expect(stdout).toContain('NTP')
})

it('doctor says that no key signs', async () => {
  const { code, stdout } = await doctor({
    JWT_SECRET: '',
    KEYS_DIR: '/nowhere',
    REVOCATION_KEY: 'test-revocation-key-0123456789abcdef0123',
  })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^ERROR +Keys +No key signs\.$/m)
})

it('doctor names what is valid but not safe in production', async () => {
  const production = { NODE_ENV: 'production', HOST: '127.0.0.1' }
  const { code, stdout } = await doctor({
    ...production,
    DATABASE_URL: `${database.url}?sslaccept=accept_invalid_certs`,
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://192.0.2.1:4318',
  })
  expect(stdout).toMatch(/^warning +Audit log +AUDIT_KEY is not set/m)
  expect(stdout).toMatch(/^warning +Proxy +TRUST_PROXY is not set/m)
  expect(stdout).toMatch(/^warning +Metrics +Production serves no metrics/m)
  expect(stdout).toMatch(/^warning +TLS +DATABASE_URL verifies no certificate/m)
  expect(stdout).toMatch(/^warning +Mail +SMTP_URL is not set/m)
  expect(stdout).toMatch(/^warning +TLS +The collector .* without TLS/m)
  expect(stdout).toMatch(/^warning +Traces +the collector .* does not respond/m)
  expect(code).toBe(1)
  const smtp = await startSmtpServer()
  const safe = await doctor({
    ...production,
    ...{ SMTP_URL: smtp.url, MAIL_FROM: 'auth@example.com', APP_URL: 'https://auth.example.com' },
    AUDIT_KEY: 'test-audit-key-0123456789abcdef0123456789',
    TRUST_PROXY: '192.0.2.1',
    METRICS_PORT: '9464',
  })
  await smtp.close()
  expect(safe).toMatchObject({ code: 0, stderr: '' })
  expect(safe.stdout).toMatch(/Everything is in order\.$/m)
  expect(safe.stdout).not.toContain('warning')
})

/** An API of breached passwords. It knows `password`. */
async function startBreachedApi() {
  const server = createServer((_, response) => response.end(`1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824\n`))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/range`, close: () => server.close() }
}

it('doctor checks the captcha provider, the list of breached passwords and the collector', async () => {
  const [provider, api, collector] = [await startCaptchaProvider(), await startBreachedApi(), await startCollector()]
  const good = { ...provider.env, BREACHED_PASSWORDS_URL: api.url, ...collector.env }
  try {
    const { code, stdout } = await doctor(good)
    expect(code).toBe(0)
    for (const subject of ['Captcha', 'Breached passwords', 'Traces'])
      expect(stdout).toMatch(new RegExp(`^ok +${subject} `, 'm'))
    expect(collector.deliveries.map(({ path }) => path)).toEqual(['/v1/traces'])
    expect(collector.spans).toEqual([])
  } finally {
    await provider.stop()
    api.close()
    collector.close()
  }
})

it('doctor says what is wrong with the captcha provider, the list of breached passwords and the collector', async () => {
  const provider = await startCaptchaProvider()
  const collector = await startCollector({ respond: (response) => response.writeHead(401).end() })
  try {
    const { code, stdout } = await doctor({
      ...provider.env,
      CAPTCHA_SECRET: 'another-secret',
      BREACHED_PASSWORDS_URL: `${collector.url}/range`,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20wrong-token',
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^ERROR +Captcha +the captcha provider refuses CAPTCHA_SECRET/m)
    expect(stdout).toMatch(/^warning +Breached passwords +the API of breached passwords answered 401/m)
    expect(stdout).toMatch(/^warning +Traces +the collector of OTEL_EXPORTER_OTLP_ENDPOINT answered 401/m)
    expect(stdout).toContain('Check OTEL_EXPORTER_OTLP_HEADERS.')
    expect(stdout).not.toMatch(/another-secret|wrong-token/)

    provider.become('broken')
    const outage = await doctor({ ...provider.env, BREACHED_PASSWORDS_FILE: '/nowhere' })
    expect(outage.stdout).toMatch(/^warning +Captcha +the captcha provider answered 502/m)
    expect(outage.stdout).toMatch(/^ERROR +Breached passwords +BREACHED_PASSWORDS_FILE can't be opened \(ENOENT\)$/m)
  } finally {
    await provider.stop()
    collector.close()
  }
})

it('doctor signs in to the mail server, and says why it can not', async () => {
  const received: string[] = []
  const smtp = await startSmtpServer({
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      done(password === 'the-password' ? null : smtpError(535, `5.7.8 no: ${password}`), { user: username }),
    onMailFrom({ address }, _session, done) {
      received.push(address)
      done()
    },
  })
  const mail = { MAIL_FROM: 'auth@example.com', APP_URL: 'https://auth.example.com' }
  const url = (password: string) => ({ ...mail, SMTP_URL: smtp.url.replace('//', `//mailer:${password}@`) })
  const [right, wrong] = await Promise.all([doctor(url('the-password')), doctor(url('a-wrong-one'))])
  expect(right.stdout).toMatch(/^ok +Mail +The mail server responds and accepts the password/m)
  expect(wrong.code).toBe(1)
  expect(wrong.stdout).toMatch(/^ERROR +Mail +The mail server refuses the user name or password of SMTP_URL \(535\)/m)
  expect(right.stdout + wrong.stdout).not.toMatch(/the-password|a-wrong-one/)
  expect(received).toEqual([])
  await smtp.close()
})

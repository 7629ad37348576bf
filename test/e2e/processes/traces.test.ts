import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCollector } from '../../support/collector.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { until } from '../../support/wait.js'

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  folder = await mkdtemp(join(tmpdir(), 'postern-traces-'))
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const start = (env: Record<string, string>) =>
  startServiceProcess({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), ...env })

/** The OpenTelemetry packages that a service loads until it has answered a login. */
async function packagesLoaded(env: Record<string, string>): Promise<Set<string>> {
  const file = join(folder, `${Object.keys(env).length}.txt`)
  const preload = new URL('../../support/loaded-modules.mjs', import.meta.url).href
  const service = await start({ ...env, LOADED_MODULES: file, NODE_OPTIONS: `--import=${preload}` })
  await service.signUp()
  service.kill('SIGTERM')
  expect((await service.finished).code).toBe(0)
  const loads = (await readFile(file, 'utf8')).split('\n')
  expect(loads.length).toBeGreaterThan(300)
  // prom-client requires the API, for a feature that the service does not use.
  const own = loads.filter((line) => !/ \S*\/node_modules\/(?:prom-client|@opentelemetry\/api)\//.test(line))
  return new Set(own.flatMap((line) => /^\S*\/node_modules\/(@opentelemetry\/[\w-]+)\//.exec(line)?.[1] ?? []))
}

describe('a service process', () => {
  it('loads nothing of OpenTelemetry without a collector', async () => {
    const collector = await startCollector()
    expect(await packagesLoaded({})).toEqual(new Set())
    expect(await packagesLoaded(collector.env)).toContain('@opentelemetry/sdk-trace')
    collector.close()
  })

  it('sends its last spans at SIGTERM, as protobuf, with the headers of the collector', async () => {
    const collector = await startCollector()
    const service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/base/`,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=canary%20key',
      OTEL_SERVICE_NAME: 'auth-of-a-test',
    })
    await service.signUp()
    service.kill('SIGTERM')
    const { code, stdout } = await service.finished
    expect(code).toBe(0)
    expect(stdout).not.toContain('canary key')
    expect(collector.deliveries[0]).toMatchObject({
      path: '/base/v1/traces',
      headers: { 'content-type': 'application/x-protobuf', 'x-api-key': 'canary key' },
    })
    const sent = Buffer.concat(collector.deliveries.map(({ body }) => body)).toString('latin1')
    for (const text of ['auth-of-a-test', 'Mutation.login', 'INSERT sessions', 'verify password'])
      expect(sent).toContain(text)
    collector.close()
  })

  it('stops with code 0 while the collector does not respond, even if SHUTDOWN_TIMEOUT is short', async () => {
    const collector = await startCollector({ respond: () => undefined })
    // As long as the wait for the collector, which must therefore not count.
    const service = await start({ ...collector.env, SHUTDOWN_TIMEOUT: '2' })
    await service.signUp()
    await until('the collector has spans', () => collector.deliveries.length > 0)
    await service.signUp()
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
    collector.close()
  })

  it('traces in each process of a prefork group', async () => {
    const collector = await startCollector()
    const service = await start({ ...collector.env, PREFORK: '2' })
    const processesSeen = () => new Set(collector.spans.map(({ resource }) => resource['process.pid']))
    await until('both processes have sent spans', async () => {
      await fetch(`${service.url}/graphql?query={policy{usernameHold}}`, {
        headers: { 'apollo-require-preflight': '1', connection: 'close' },
      })
      return processesSeen().size === 2
    })
    expect(processesSeen()).not.toContain(service.pid)
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
    collector.close()
  })
})

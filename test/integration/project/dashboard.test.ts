import { createServer, type Server } from 'node:http'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createSessionValidator, type SessionValidator } from '@postern/session'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createMetrics } from '../../../services/gateway/src/metrics.js'
import { startPrometheus } from '../../support/prometheus.js'
import { testRedisUrl } from '../../support/redis.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

interface Panel {
  id: number
  type: string
  title: string
  targets?: { expr: string }[]
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboards/postern.json', 'utf8')) as {
  panels: Panel[]
  templating: { list: { name: string }[] }
}

/** Of the primary of a prefork group, with RabbitMQ, and with KEYS_DIR. */
const ONLY_WITH_MORE = /postern_process_crashes_total|postern_rabbitmq_connected|postern_signals_/

let service: Service
let mails: string
let sessions: SessionValidator
let validator: Server
let gateway: Server
let prometheus: Awaited<ReturnType<typeof startPrometheus>>

beforeAll(async () => {
  mails = await mkdtemp(join(tmpdir(), 'postern-mails-'))
  service = await startService({ RATE_LIMIT_REGISTER: '3/3600', MAIL_DIR: mails })
  const register = new Registry()
  const options = { secret: TEST_ENVIRONMENT.JWT_SECRET, redis: testRedisUrl(), metrics: { register } }
  sessions = await createSessionValidator(options)
  validator = createServer((_, response) => {
    void register.metrics().then((text) => response.setHeader('content-type', register.contentType).end(text))
  }).listen(0, '127.0.0.1')
  await once(validator, 'listening')
  gateway = await startGatewayMetrics()
  const ports = [validator, gateway].map((server) => (server.address() as AddressInfo).port)
  prometheus = await startPrometheus([new URL(service.url).host, ...ports.map((port) => `127.0.0.1:${port}`)])
})
afterAll(async () => {
  await prometheus.stop()
  validator.close()
  gateway.close()
  await sessions.close()
  await service.stop()
  await rm(mails, { recursive: true })
})

/** The metrics of a gateway that has answered one request and refused one. */
async function startGatewayMetrics(): Promise<Server> {
  const metrics = createMetrics(['auth'])
  metrics.observeRequest('GET', '/auth/me', 200, 0.01)
  metrics.observeCall('auth', 'GetUserProfile', 'OK', 0.01)
  metrics.countRefusal('user')
  const server = createServer((_, response) => {
    void metrics.text().then((text) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(text))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Requests of every kind that the dashboard shows. */
async function traffic() {
  const user = await service.signUp()
  sessions.validate(user.token)
  await service.graphql('{ profile { id } }', {}, user.token)
  await service.graphql('{ profile { id } }', {}, 'no token')
  await service.isAvailable('ada')
  for (let call = 0; call < 4; call++) await service.signUp().catch(() => undefined)
}

/** What Grafana would replace. */
const executable = (expression: string) =>
  expression.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '30s')

it('every query of the dashboard returns data from a live service', async () => {
  await traffic()
  const queries = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr })))
  expect(queries.length).toBeGreaterThan(40)
  for (const { title, expr } of queries) {
    const query = () => prometheus.query(executable(expr))
    if (ONLY_WITH_MORE.test(expr)) await query()
    else await until(`${title}: ${expr} returns data`, async () => (await query()).length > 0)
  }
})

it('the dashboard shows what happened', async () => {
  const sum = async (expression: string) => {
    const samples = await prometheus.query(`sum(${expression})`)
    return Number(samples[0]?.value[1] ?? 0)
  }
  await until('the registrations are there', async () => (await sum('auth_registrations_total')) >= 3)
  await until('the refusals are there', async () => (await sum('api_errors_total{code="RATE_LIMITED"}')) >= 1)
  await until('the validator is ready', async () => (await sum('postern_session_ready')) === 1)
})

it('each panel has an id of its own and a title, and every variable is defined', () => {
  const ids = dashboard.panels.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { title } of dashboard.panels) expect(title).toMatch(/^[A-Z].+/)
  const used = new Set(
    JSON.stringify(dashboard.panels)
      .match(/\$\{?\w+\}?/g)
      ?.map((name) => name.replace(/[${}]/g, '')),
  )
  const defined = dashboard.templating.list.map(({ name }) => name)
  expect([...used].toSorted()).toEqual(['__rate_interval', ...defined].toSorted())
})

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createSessionValidator } from '@postern/session'
import { Registry } from 'prom-client'
import { parse } from 'yaml'
import { createMetrics as createGatewayMetrics } from '../../../services/gateway/src/metrics.js'
import { countersOf, createPrimaryMetrics, sumOf } from '../../../src/platform/metric-snapshots.js'
import { testRedisUrl } from '../../support/redis.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const RULES = 'deploy/prometheus/alerts.yaml'
/** Of the primary of a prefork group, with RabbitMQ, with KEYS_DIR, and of the notification service. */
const ONLY_WITH_MORE = [
  ...['postern_process_crashes_total', 'postern_rabbitmq_connected'],
  ...['postern_signals_oldest_seconds', 'postern_signals_total'],
  ...['postern_notification_deliveries_total', 'postern_notification_dead_letters'],
]

let service: Service
let mails: string
beforeAll(async () => {
  mails = await mkdtemp(join(tmpdir(), 'postern-mails-'))
  service = await startService({ MAIL_DIR: mails })
  service.app.consumers.push({ name: 'test', types: [], send: () => Promise.resolve() })
})
afterAll(async () => {
  await service.stop()
  await rm(mails, { recursive: true })
})

function promtool(args: string[], input = '') {
  const path = process.env['PROMTOOL_PATH']
  if (!path) throw new Error('PROMTOOL_PATH is not set: run the tests with npm test')
  const { status, stdout, stderr } = spawnSync(path, args, { input, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

/** A scrape after requests of every kind, and the metrics of a validator. */
async function scrape(): Promise<string> {
  const { token } = await service.signUp()
  await service.isAvailable('ada')
  await service.graphql('{ profile { id } }', {}, token)
  await service.graphql('{ profile { id } }')
  const read = async () => (await fetch(`${service.url}/metrics`)).text()
  await until('the sessions are counted', async () => (await read()).includes('\nauth_active_sessions '))
  await until('an event is processed', async () => (await read()).includes('\npostern_event_deliveries_total{'))
  const register = new Registry()
  const options = { secret: TEST_ENVIRONMENT.JWT_SECRET, redis: testRedisUrl(), metrics: { register } }
  const sessions = await createSessionValidator(options)
  const validator = await register.metrics()
  await sessions.close()
  return `${await read()}${validator}`
}

it('promtool finds nothing wrong with a scrape, of one process or of a group', async () => {
  const text = await scrape()
  expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, output: '' })
  const snapshot = structuredClone(await service.app.metrics.snapshot())
  const group = await sumOf([snapshot, countersOf(snapshot), await createPrimaryMetrics().snapshot()]).text()
  expect(promtool(['check', 'metrics'], group)).toEqual({ status: 0, output: '' })
})

it('promtool accepts the alert rules, and each of them fires when it should', () => {
  expect(promtool(['check', 'rules', RULES])).toMatchObject({ status: 0 })
  const { status, output } = promtool(['test', 'rules', RULES.replace('.yaml', '.test.yaml')])
  expect(output).toContain('SUCCESS')
  expect(status).toBe(0)
  const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: { alert: string }[] }[] }
  const tested = readFileSync(RULES.replace('.yaml', '.test.yaml'), 'utf8')
  for (const { alert } of groups.flatMap(({ rules }) => rules)) expect(tested).toContain(`alertname="${alert}"`)
})

it('promtool accepts the configuration of compose.yaml', () => {
  expect(promtool(['check', 'config', 'deploy/prometheus/prometheus.yaml'])).toMatchObject({ status: 0 })
})

it('the alert rules use only metrics and labels that exist', async () => {
  const text = await scrape()
  const names = new Set([...text.matchAll(/^(\w+)(?:\{| )/gm)].map(([, name]) => name))
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, label]) => label))
  // Prometheus adds them. Notifications have channels.
  for (const label of ['job', 'instance', 'channel']) labels.add(label)
  for (const name of ONLY_WITH_MORE) names.add(name)
  const { groups } = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: { expr: string }[] }[] }
  const used = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => [...expr.matchAll(/\b(?:postern|auth|api|circuit)_\w+/g)].map(([name]) => name)),
  )
  expect(used.length).toBeGreaterThan(10)
  for (const name of used) expect(names).toContain(name)

  const usedLabels = groups.flatMap(({ rules }) =>
    rules.flatMap(({ expr }) => [
      ...[...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = '']) => label),
      ...[...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/)),
    ]),
  )
  expect(usedLabels.length).toBeGreaterThan(5)
  for (const label of usedLabels) expect(labels).toContain(label)
})

it('promtool finds nothing wrong with the metrics of a gateway', async () => {
  const metrics = createGatewayMetrics(['auth'])
  metrics.watchBreakers(['auth'], () => 'open')
  metrics.observeRequest('GET', '/auth/me', 200, 0.01)
  metrics.observeCall('auth', 'GetUserProfile', 'OK', 0.01)
  metrics.countRefusal('user')
  expect(promtool(['check', 'metrics'], await metrics.text())).toEqual({ status: 0, output: '' })
})

import { readFileSync } from 'node:fs'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { eachWithAStream, outcome, validator } from './support/stream.js'
import { claims, sign } from './support/tokens.js'

const stream = eachWithAStream()

it('a registry of prom-client gets the counters of a validator, until it is closed', async () => {
  const register = new Registry()
  const sessions = await validator({ redis: stream.server.url, metrics: { register } })
  const value = async (name: string) =>
    new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(await register.metrics())?.[1]
  expect(outcome(sessions, sign(claims()))).toBe('accepted')
  expect(outcome(sessions, 'wrong')).not.toBe('accepted')
  expect(await value('postern_session_token_validations_total{result="accepted"}')).toBe('1')
  expect(await value('postern_session_token_validations_total{result="refused"}')).toBe('1')
  expect(await value('postern_session_token_validations_total{result="unavailable"}')).toBe('0')
  expect(await value('postern_session_ready')).toBe('1')
  expect(Number(await value('postern_session_lag_seconds'))).toBeLessThan(60)
  expect(Number(await value('postern_session_stream_entries_total{kind="read"}'))).toBeGreaterThan(0)
  await sessions.close()
  expect(await register.metrics()).not.toContain('postern_session')
})

it('every metric of the README is exported, and no other', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const documented = [...readme.matchAll(/^\| `(postern_session_\w+)`/gm)].map(([, name]) => name)
  const register = new Registry()
  await validator({ redis: stream.server.url, metrics: { register } })
  const exported = (await register.metrics()).match(/(?<=^# TYPE )\w+/gm)
  expect(exported?.toSorted()).toEqual(documented.toSorted())
})

it('a second validator cannot export to the same registry', async () => {
  const register = new Registry()
  await validator({ redis: stream.server.url, metrics: { register } })
  await expect(validator({ redis: stream.server.url, metrics: { register } })).rejects.toThrow(
    'already been registered',
  )
})

it('a meter of OpenTelemetry gets the same numbers, until the validator is closed', async () => {
  // With cumulative numbers, this SDK repeats what nothing observes any more (open-telemetry/opentelemetry-js#4096).
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 1_000_000 })
  const provider = new MeterProvider({ readers: [reader] })
  /** The newest values by metric and attributes. */
  async function collect(): Promise<Record<string, unknown>> {
    exporter.reset()
    await provider.forceFlush()
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
    const points = metrics.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => [descriptor.name + JSON.stringify(attributes), value]),
    )
    return Object.fromEntries(points) as Record<string, unknown>
  }
  const metrics = { meter: provider.getMeter('a-service') }
  const sessions = await validator({ redis: stream.server.url, metrics })
  expect(outcome(sessions, sign(claims()))).toBe('accepted')
  expect(await collect()).toMatchObject({
    'postern_session_token_validations{"result":"accepted"}': 1,
    'postern_session_token_validations{"result":"refused"}': 0,
    'postern_session_ready{}': 1,
  })
  await sessions.close()
  expect(await collect()).toEqual({})
  await provider.shutdown()
})

import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import type { MetricsMeter } from '../src/index.js'
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

it('a second validator cannot export to the same registry', async () => {
  const register = new Registry()
  await validator({ redis: stream.server.url, metrics: { register } })
  await expect(validator({ redis: stream.server.url, metrics: { register } })).rejects.toThrow(
    'already been registered',
  )
})

it('a meter of OpenTelemetry gets the same numbers, until the validator is closed', async () => {
  const observed = new Map<string, number>()
  const callbacks = new Set<() => void>()
  const instrument = (name: string) => {
    const running = new Map<unknown, () => void>()
    return {
      addCallback(callback: Parameters<ReturnType<MetricsMeter['createObservableGauge']>['addCallback']>[0]) {
        const run = () =>
          callback({ observe: (value, attributes) => observed.set(name + JSON.stringify(attributes), value) })
        running.set(callback, run)
        callbacks.add(run)
      },
      removeCallback(callback: unknown) {
        callbacks.delete(running.get(callback) ?? (() => undefined))
      },
    }
  }
  const meter: MetricsMeter = { createObservableCounter: instrument, createObservableGauge: instrument }
  const sessions = await validator({ redis: stream.server.url, metrics: { meter } })
  expect(outcome(sessions, sign(claims()))).toBe('accepted')
  for (const collect of callbacks) collect()
  expect(observed.get('postern_session_token_validations{"result":"accepted"}')).toBe(1)
  expect(observed.get('postern_session_ready{}')).toBe(1)
  await sessions.close()
  expect(callbacks.size).toBe(0)
})

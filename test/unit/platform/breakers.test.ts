import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBreaker, type BreakerEvent } from '@postern/service/breakers'
import { ServiceError, unavailable } from '@postern/service/errors'
import { createMetrics } from '../../../src/platform/metrics.js'

/** A store that responds, refuses connections or hangs. */
function store(options: { timeoutsToOpen?: number } = {}) {
  const events: BreakerEvent[] = []
  let mode: 'up' | 'down' | 'hanging' = 'up'
  let asked = 0
  function ask(): Promise<string> {
    asked += 1
    if (mode === 'up') return Promise.resolve('answer')
    return mode === 'down' ? Promise.reject(new Error('ECONNREFUSED')) : Promise.race([])
  }
  const breaker = createBreaker({
    name: 'store',
    isFailure: (error) => error instanceof Error && /^E[A-Z]+/.test(error.message),
    isTimeout: (error) => error instanceof Error && error.message.startsWith('ETIMEDOUT'),
    timeoutsToOpen: options.timeoutsToOpen ?? 1,
    probe: ask,
    onEvent: (event) => events.push(event),
    refusal: unavailable,
    random: () => 1,
  })
  return {
    events,
    breaker,
    asked: () => asked,
    become: (next: typeof mode) => (mode = next),
    state: () => breaker.status().state,
    call: () => breaker.run(ask),
    fail: (error: Error) => breaker.run(() => Promise.reject(error)).catch(() => undefined),
  }
}

const REFUSED = { code: 'SERVICE_UNAVAILABLE', retryAfter: 1 }

describe('a circuit breaker', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('opens after five failures in a row, and then refuses work without trying it', async () => {
    const { call, become, asked, state, events } = store()
    become('down')
    for (let i = 0; i < 5; i++) await expect(call()).rejects.toThrow('ECONNREFUSED')
    expect(state()).toBe('open')
    await expect(call()).rejects.toMatchObject(REFUSED)
    expect(asked()).toBe(5)
    expect(events).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'opened', 'refused'])
  })

  it('stays closed if one of five attempts succeeds', async () => {
    const { call, become, state } = store()
    for (const mode of ['down', 'down', 'down', 'down', 'up', 'down', 'down', 'down', 'down'] as const) {
      become(mode)
      await call().catch(() => undefined)
    }
    expect(state()).toBe('closed')
  })

  it('opens after as many timeouts as it was told', async () => {
    const [impatient, patient] = [store(), store({ timeoutsToOpen: 3 })]
    await impatient.fail(new Error('ETIMEDOUT'))
    for (let i = 0; i < 2; i++) await patient.fail(new Error('ETIMEDOUT'))
    expect([impatient.state(), patient.state()]).toEqual(['open', 'closed'])
    await patient.fail(new Error('ETIMEDOUT'))
    expect(patient.state()).toBe('open')
  })

  it('ignores what the store answered: domain errors and refused statements', async () => {
    const { fail, state, events } = store()
    for (let i = 0; i < 20; i++) await fail(i % 2 ? new ServiceError('EMAIL_EXISTS') : new Error('Duplicate entry'))
    expect({ state: state(), events }).toEqual({ state: 'closed', events: [] })
  })

  it('closes after the first probe that succeeds, without a request', async () => {
    const { fail, become, state, call } = store()
    become('down')
    await fail(new Error('ETIMEDOUT'))
    await vi.advanceTimersByTimeAsync(5000)
    expect(state()).toBe('open')
    become('up')
    await vi.advanceTimersByTimeAsync(1000)
    expect(state()).toBe('closed')
    expect(await call()).toBe('answer')
  })

  it('runs one probe at a time, and refuses everything else', async () => {
    const { fail, become, state, call, asked } = store()
    become('hanging')
    await fail(new Error('ETIMEDOUT'))
    await vi.advanceTimersByTimeAsync(50)
    expect({ state: state(), asked: asked() }).toEqual({ state: 'half-open', asked: 1 })
    for (let i = 0; i < 10; i++) await expect(call()).rejects.toMatchObject(REFUSED)
    await vi.advanceTimersByTimeAsync(60_000)
    // A probe has 2 s, and at most a second passes between two.
    expect(asked()).toBeLessThan(31)
    expect(asked()).toBeGreaterThan(15)
  })

  it('recovers although the clock of the machine was set back', async () => {
    const { fail, state } = store()
    await fail(new Error('ETIMEDOUT'))
    vi.setSystemTime(Date.now() - 3_600_000)
    await vi.advanceTimersByTimeAsync(1000)
    expect(state()).toBe('closed')
  })

  it('sends no probe after it was closed down', async () => {
    const { fail, breaker, asked } = store()
    await fail(new Error('ETIMEDOUT'))
    breaker.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked()).toBe(0)
  })
})

it('the metrics show the state of each breaker and count its events, from 0', async () => {
  const metrics = createMetrics()
  const count = metrics.circuitBreakers(['a', 'b'], (name) => (name === 'a' ? 'open' : 'closed'))
  count('a', 'failed')
  const text = await metrics.text()
  for (const line of [
    'circuit_breaker_state{name="a"} 2',
    'circuit_breaker_state{name="b"} 0',
    'circuit_breaker_events_total{name="a",event="failed"} 1',
    'circuit_breaker_events_total{name="b",event="opened"} 0',
  ])
    expect(text).toContain(line)
})

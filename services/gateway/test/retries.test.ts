import { Metadata, status } from '@grpc/grpc-js'
import { AuthService } from '@postern/proto/auth'
import { describe, expect, it } from 'vitest'
import { notTried } from '@postern/service/grpc/outages'
import { type RetryEvent, withRetries } from '../src/upstreams/retries.js'
import { createRetryBudget } from '../src/upstreams/retry-budget.js'
import type { Upstream } from '@postern/service/grpc/upstream'
import { UpstreamError } from '@postern/service/grpc/upstream-error'

const { checkUsernameAvailability: read, login: write } = AuthService.method

const UNSENT = 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1'
const failed = (code: status, details: string) => new UpstreamError({ code, details, metadata: new Metadata() })

/** A service whose first calls fail with these errors. */
function service(...errors: Error[]) {
  let calls = 0
  const events: RetryEvent[] = []
  const upstream: Upstream = {
    name: 'auth',
    async call() {
      calls++
      const error = errors.shift()
      if (error) throw error
      return { message: new Uint8Array(), headers: new Metadata() }
    },
    open: () => Promise.reject(new Error('no stream is opened')),
    close: () => undefined,
  }
  const budget = createRetryBudget({ share: 0.1, most: 1 })
  const { call } = withRetries(upstream, { budget, onEvent: (event) => events.push(event), random: () => 0 })
  const options = { deadline: new Date(Date.now() + 10_000), signal: new AbortController().signal }
  return {
    events,
    calls: () => calls,
    call: (method: typeof read | typeof write = read, changes: Partial<typeof options> = {}) =>
      call(method, new Uint8Array(), new Metadata(), { ...options, ...changes }),
  }
}

describe('a call that failed', () => {
  it('is repeated once if nothing was sent and its RPC has no side effects', async () => {
    const { call, calls, events } = service(failed(status.UNAVAILABLE, UNSENT))
    await call()
    expect([calls(), events]).toEqual([2, ['repeated']])
  })

  it('is repeated only once', async () => {
    const errors = [1, 2].map(() => failed(status.UNAVAILABLE, UNSENT))
    const { call, calls } = service(...errors)
    await expect(call()).rejects.toBe(errors[1])
    expect(calls()).toBe(2)
  })

  it.each([
    ['the RPC has side effects', failed(status.UNAVAILABLE, UNSENT), write, {}],
    ['the service may have seen it', failed(status.UNAVAILABLE, 'Connection dropped'), read, {}],
    ['the breaker refused it', notTried(1), read, {}],
    ['it was too late', failed(status.DEADLINE_EXCEEDED, 'Deadline exceeded after 10.000s'), read, {}],
    ['the service answered', failed(status.NOT_FOUND, 'Not found.'), read, {}],
    ['there is no time left', failed(status.UNAVAILABLE, UNSENT), read, { deadline: new Date(Date.now() + 100) }],
    ['the client no longer waits', failed(status.UNAVAILABLE, UNSENT), read, { signal: AbortSignal.abort() }],
  ])('is not repeated if %s', async (_, error, method, options) => {
    const { call, calls } = service(error)
    await expect(call(method, options)).rejects.toBe(error)
    expect(calls()).toBe(1)
  })

  it('is not repeated if a tenth of the calls were', async () => {
    const { call, calls, events } = service(...[1, 2, 3].map(() => failed(status.UNAVAILABLE, UNSENT)))
    await expect(call()).rejects.toThrow(UNSENT)
    await expect(call()).rejects.toThrow(UNSENT)
    expect([calls(), events]).toEqual([3, ['repeated', 'over-budget']])
  })
})

it('the budget of retries is a tenth of the calls, and ten at once after calm times', () => {
  const { earn, spend } = createRetryBudget()
  const spent = (calls: number) => {
    let count = 0
    for (let i = 0; i < calls; i++) {
      earn()
      if (spend()) count++
    }
    return count
  }
  expect(spent(100)).toBeLessThanOrEqual(20)
  expect(spent(1000)).toBeLessThanOrEqual(101)
  for (let i = 0; i < 1000; i++) earn()
  expect(Array.from({ length: 12 }, spend).filter(Boolean)).toHaveLength(10)
})

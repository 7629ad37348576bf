import { describe, expect, it } from 'vitest'
import { createMetrics } from '../../../src/platform/metrics.js'
import { createMetricsSummary } from '../../../src/platform/metrics-summary.js'

/** A service whose time is an argument. */
function observed() {
  const metrics = createMetrics()
  const check = metrics.usernameChecks(['redis', 'mysql'])
  let now = 0
  const summary = createMetricsSummary({ monotonic: () => now, wall: () => Date.now() })
  return {
    metrics,
    check,
    readAt: async (seconds: number) => {
      now = seconds * 1000
      return summary.read(await metrics.text())
    },
  }
}

describe('the summary of the metrics', () => {
  it('is about the time since the start when it is read for the first time', async () => {
    const { metrics, readAt } = observed()
    metrics.observeOperation('login', 0.2, undefined)
    const { seconds, requestsPerSecond, errorRatio } = await readAt(0)
    expect(seconds).toBeGreaterThanOrEqual(1)
    expect(requestsPerSecond * seconds).toBeCloseTo(1, 0)
    expect(errorRatio).toBe(0)
  })

  it('is about the last minute when the metrics are read regularly', async () => {
    const { metrics, check, readAt } = observed()
    for (let i = 0; i < 1000; i++) metrics.observeOperation('login', 5, 'UNAUTHENTICATED')
    for (const seconds of [0, 15, 30, 45]) await readAt(seconds)
    for (let i = 0; i < 90; i++) metrics.observeOperation('checkUsernameAvailability', 0.002, undefined)
    for (let i = 0; i < 30; i++) metrics.observeOperation('profile,sessions', 0.2, 'UNAUTHENTICATED')
    for (let i = 0; i < 3; i++) check('redis', false)
    check('mysql', true)
    expect(await readAt(60)).toEqual({
      ...{ seconds: 60, requestsPerSecond: 2, errorRatio: 0.25, hitRatio: 0.75 },
      p50Milliseconds: 2,
      p95Milliseconds: expect.closeTo(220, 0) as number,
    })
  })

  it('has null, not a number, for what did not happen', async () => {
    const { readAt } = observed()
    await readAt(0)
    expect(await readAt(10)).toEqual({
      ...{ seconds: 10, requestsPerSecond: 0, errorRatio: null },
      ...{ p50Milliseconds: null, p95Milliseconds: null, hitRatio: null },
    })
  })
})

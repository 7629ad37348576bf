import { describe, expect, it } from 'vitest'
import { countersOf, type Snapshot, sumOf } from '../../../src/platform/metric-snapshots.js'
import { createMetrics } from '../../../src/platform/metrics.js'

/** A snapshot as another process sends it. */
const take = async (backlog: () => Promise<number>, requests: number): Promise<Snapshot> => {
  const metrics = createMetrics()
  metrics.watchRevocationBacklog(backlog)
  for (let i = 0; i < requests; i++) metrics.observeRequest('/graphql', Number('200'), 0.003)
  return structuredClone(await metrics.snapshot())
}
const counted = (text: string) => /^postern_http_request_duration_seconds_count\{.*\} (\d+)$/m.exec(text)?.[1]

describe('the metrics of several processes', () => {
  it('are added up, except the backlog, which all processes read from one table', async () => {
    const text = await sumOf([await take(async () => 3, 2), await take(async () => 3, 5)]).text()
    expect(counted(text)).toBe('7')
    expect(text).toMatch(/^postern_http_request_duration_seconds_bucket\{.*le="0.005".*\} 7$/m)
    expect(text).toMatch(/^postern_revocation_backlog 3$/m)
    expect(text).toMatch(/^postern_processes 2$/m)
  })

  it('have NaN, not 0, for a backlog that no process can read', async () => {
    const unavailable = () => Promise.reject(new Error('MySQL is unavailable'))
    expect(await sumOf([await take(unavailable, 0), await take(unavailable, 0)]).text()).toMatch(
      /^postern_revocation_backlog Nan$/m,
    )
  })

  it('have the slowest event loop', async () => {
    const slow = (seconds: number): Snapshot => [
      {
        name: 'nodejs_eventloop_lag_p99_seconds',
        help: '',
        type: 'gauge',
        aggregator: 'max',
        values: [{ value: seconds, labels: {} }],
      },
    ]
    const taken = await take(async () => 0, 0)
    expect(taken.find(({ name }) => name === 'nodejs_eventloop_lag_p99_seconds')?.aggregator).toBe('max')
    expect(await sumOf([slow(0.01), slow(0.7)]).text()).toMatch(/^nodejs_eventloop_lag_p99_seconds 0.7$/m)
  })

  it('keep the counters, but not the gauges, of any number of processes that ended', async () => {
    let ended: Snapshot = []
    for (let i = 0; i < 3; i++) ended = sumOf([ended, countersOf(await take(async () => 9, 4))]).snapshot()
    const text = await sumOf([await take(async () => 0, 1), ended]).text()
    expect(counted(text)).toBe('13')
    expect(text).toMatch(/^postern_processes 1$/m)
    expect(text).toMatch(/^postern_revocation_backlog 0$/m)
  })
})

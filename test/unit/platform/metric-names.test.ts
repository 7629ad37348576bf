import { expect, it } from 'vitest'
import { createMetrics } from '../../../src/platform/metrics.js'

/** The rules of `promtool check metrics` for names, help texts and types. */
function problemsOf({ name, help, type }: { name: string; help: string; type: string }): string[] {
  return [
    help.trim() === '' && 'has no help text',
    type === 'counter' && !name.endsWith('_total') && 'is a counter without _total',
    type !== 'counter' && name.endsWith('_total') && 'ends with _total but is no counter',
    type !== 'histogram' && /_(?:bucket|count|sum)$/.test(name) && 'has a suffix that is reserved for histograms',
    /[A-Z]/.test(name) && 'has capital letters',
    /_(?:milliseconds|ms|minutes|hours|days|kilobytes|megabytes|percent)(?:_|$)/.test(name) && 'has no base unit',
    name.includes(type) && 'contains its type',
  ].filter((problem) => problem !== false)
}

it('every metric has a name, a type and a help text that Prometheus recommends', async () => {
  const metrics = createMetrics()
  metrics.watchRevocationBacklog(() => Promise.resolve(0))
  metrics.watchClockOffset(() => 0)
  metrics.watchHashesWaiting(() => 0, 256)
  metrics.watchActiveSessions(() => 0)
  metrics.watchRedis('cache', () => true)
  metrics.usernameChecks(['redis', 'mysql'])
  metrics.retiredConnections(['moved'])
  metrics.results('auth_logins_total', 'Logins.', ['success'])
  metrics.observeOperation('login', 0.1, undefined)
  const described = (await metrics.registry.getMetricsAsJSON()) as unknown as Parameters<typeof problemsOf>[0][]
  expect(described.length).toBeGreaterThan(30)
  for (const metric of described) expect(problemsOf(metric), metric.name).toEqual([])
})

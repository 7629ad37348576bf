// The Prometheus metrics of the service.
import type { Histogram, Registry } from 'prom-client'
import { createMetricRegistry } from '@postern/service/metric-registry'
import { type CallMetrics, createCallMetrics } from '@postern/service/requests/call-metrics'
import { readableMetric, type ReadableMetric } from '@postern/service/tallies'
import { type ConnectionMetrics, createConnectionMetrics } from '@postern/service/connection-metrics'
import { createEventMetrics, type EventMetrics } from '@postern/service/events/event-metrics'
import { type Snapshot, snapshotOf } from './metric-snapshots.js'
import { createRequestMetrics, type RequestMetrics } from './request-metrics.js'
import { createSubscriptionMetrics, type SubscriptionMetrics } from './subscription-metrics.js'

export interface Metrics extends RequestMetrics, CallMetrics, ConnectionMetrics, EventMetrics, SubscriptionMetrics {
  registry: Registry
  /** Adds the number of committed revocations that Redis does not have yet. */
  watchRevocationBacklog(count: () => Promise<number>): void
  /** Adds the number of deliveries to webhooks that are not sent yet. */
  watchWebhooks(count: () => Promise<number>): void
  /** Adds how old the oldest entry of the audit log without a seal is, in seconds. */
  watchUnsealed(seconds: () => Promise<number>): void
  /** Adds how many Shared Signals wait for their receivers, and how old the oldest is, in seconds. */
  watchSignals(waiting: () => Promise<{ count: number; seconds: number }>): void
  /** Adds how far this machine's clock is ahead of the database's, in seconds. */
  watchClockOffset(seconds: () => number): void
  /** Adds the position of the last sealed entry of the audit log that this process knows. */
  watchAuditPosition(position: () => number): void
  /** Adds the number of passwords that wait to be hashed, and how many can. */
  watchHashesWaiting(count: () => number, limit: number): void
  /** Adds the number of active sessions of all users. Null where another process counts them. */
  watchActiveSessions(count: () => number | null): void
  /** Returns a counter of username checks by the tier that answered. Only the last of `tiers` can answer "available". */
  usernameChecks<Tier extends string>(tiers: readonly Tier[]): (tier: Tier, isAvailable: boolean) => void
  /** Returns a counter by result, or under another label. */
  results<Result extends string>(
    name: string,
    help: string,
    results: readonly Result[],
    label?: string,
  ): (result: Result) => void
  /** Returns a counter of mails by kind and result. */
  mails<Kind extends string, Result extends string>(
    kinds: readonly Kind[],
    results: readonly Result[],
  ): (kind: Kind, result: Result) => void
  /** Returns a counter of sign-ins at providers, by provider and status. */
  oauthLogins<Status extends string>(
    providers: readonly string[],
    statuses: readonly Status[],
  ): (provider: string, status: Status) => void
  /** Returns a counter of second factors and renewed proofs, by method and result. */
  factors<Method extends string, Result extends string>(
    methods: readonly Method[],
    results: readonly Result[],
  ): (method: Method, result: Result) => void
  add(metric: ReadableMetric): void
  /** How many seconds one password took, without waiting. */
  hashes: Histogram
  /** The response of /metrics. */
  text(): Promise<string>
  snapshot(): Promise<Snapshot>
}

const HASH_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

export function createMetrics(): Metrics {
  const metrics = createMetricRegistry()
  const { registry, add, gauge, databaseGauge, counter, histogram } = metrics
  const processes =
    'Processes behind this port that responded to this scrape. Less than PREFORK if one is busy or down.'
  gauge('postern_processes', processes, () => 1, 'sum')
  const hashes = 'Time to hash or verify one password, without the time it waited.'

  return {
    registry,
    ...createRequestMetrics(metrics),
    ...createCallMetrics(metrics),
    ...createConnectionMetrics(metrics),
    ...createEventMetrics(metrics),
    ...createSubscriptionMetrics(metrics),
    hashes: histogram('postern_password_hash_duration_seconds', hashes, HASH_BUCKETS),
    watchRevocationBacklog(count) {
      const help = 'Committed revocations that Redis does not have yet. NaN while MySQL is unavailable.'
      databaseGauge('postern_revocation_backlog', help, count)
    },
    watchWebhooks(count) {
      const help = 'Deliveries to enabled webhooks that are not sent yet. NaN while MySQL is unavailable.'
      databaseGauge('postern_webhook_deliveries_waiting', help, count)
    },
    watchUnsealed(seconds) {
      const help = 'How old the oldest entry of the audit log without a seal is. NaN while MySQL is unavailable.'
      databaseGauge('postern_audit_unsealed_seconds', help, seconds)
    },
    watchSignals(waiting) {
      const unavailable = 'NaN while MySQL is unavailable.'
      const count = `Shared Signals that no receiver has accepted yet. ${unavailable}`
      databaseGauge('postern_signals_waiting', count, async () => (await waiting()).count)
      const oldest = `How old the oldest signal is that no receiver has accepted yet. ${unavailable}`
      databaseGauge('postern_signals_oldest_seconds', oldest, async () => (await waiting()).seconds)
    },
    watchClockOffset(seconds) {
      const help =
        "How far this machine's clock is ahead of the database's. Beyond 5 s this process is no relay and purges nothing."
      gauge('postern_clock_offset_seconds', help, seconds, 'average')
    },
    watchAuditPosition(position) {
      const help =
        'The last position of the audit log that a process has sealed. It never goes back while the service runs.'
      gauge('postern_audit_sealed_position', help, position, 'max')
    },
    watchHashesWaiting(count, limit) {
      const help = 'Passwords that can wait to be hashed: HASH_QUEUE. More are refused.'
      gauge('postern_password_hashes_waiting_limit', help, () => limit, 'sum')
      gauge('postern_password_hashes_waiting', 'Passwords that wait for their turn to be hashed.', count, 'sum')
    },
    watchActiveSessions(count) {
      const help = 'Active sessions of all users, counted once a minute. Only the process that is the relay has it.'
      gauge('auth_active_sessions', help, count, 'max')
    },
    usernameChecks(tiers) {
      const help = 'Username checks, by the tier that answered and the result.'
      // Exported from the start, because Prometheus can compute a rate only if it has seen 0.
      const unavailable = new Map(tiers.map((tier) => [tier, { labels: { tier, available: 'false' }, value: 0 }]))
      const available = { labels: { tier: tiers.at(-1) ?? '', available: 'true' }, value: 0 }
      const samples = [...unavailable.values(), available]
      add(readableMetric({ name: 'postern_username_checks_total', help, type: 'counter' }, () => samples))
      return (tier, isAvailable) => {
        const sample = isAvailable ? available : unavailable.get(tier)
        if (sample) sample.value += 1
      }
    },
    results(name, help, results, label = 'result') {
      const samples = new Map(results.map((result) => [result, { labels: { [label]: result }, value: 0 }]))
      add(readableMetric({ name, help, type: 'counter' }, () => [...samples.values()]))
      return (result) => {
        const sample = samples.get(result)
        if (sample) sample.value += 1
      }
    },
    mails(kinds, results) {
      const help =
        'Mails, by kind and result (failed: one attempt; dropped: not needed anymore; refused: a dead letter).'
      const counts = counter('auth_mails_total', help, ['kind', 'result'])
      for (const kind of kinds) for (const result of results) counts.labels(kind, result).inc(0)
      return (kind, result) => counts.labels(kind, result).inc()
    },
    oauthLogins(providers, statuses) {
      const help =
        'Sign-ins at providers, by provider and status (mfa_required: the second factor follows; failed: the provider or the service).'
      const counts = counter('auth_oauth_logins_total', help, ['provider', 'status'])
      for (const provider of providers) for (const status of statuses) counts.labels(provider, status).inc(0)
      return (provider, status) => counts.labels(provider, status).inc()
    },
    factors(methods, results) {
      const help = 'Codes of second factors, by method and result (locked: refused without a look at the code).'
      const counts = counter('auth_mfa_total', help, ['method', 'result'])
      for (const method of methods) for (const result of results) counts.labels(method, result).inc(0)
      return (method, result) => counts.labels(method, result).inc()
    },
    add,
    text: () => registry.metrics(),
    snapshot: () => snapshotOf(registry),
  }
}

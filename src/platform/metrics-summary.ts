// A short summary of the metrics, computed from two scrapes.

export interface MetricsSummary {
  /** The time that the other numbers are about. */
  seconds: number
  requestsPerSecond: number
  /** The share of requests whose response contains an error. Null without requests. */
  errorRatio: number | null
  /** Half of the requests took less. Null without requests. */
  p50Milliseconds: number | null
  p95Milliseconds: number | null
  /** The share of username checks that needed no MySQL. Null without checks. */
  hitRatio: number | null
}

/** Totals since the start. */
interface Reading {
  atMs: number
  requests: number
  errors: number
  checks: number
  misses: number
  /** Requests by the upper limit of their bucket, cumulative. */
  buckets: Map<number, number>
}

/** The summary is about the last minute, if the metrics were read that long ago. */
const WINDOW_MS = 60_000
/** A shorter time says too little. */
const SHORTEST_MS = 1000

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/gm

function parse(text: string, atMs: number): Reading & { startedAt: number } {
  const reading = {
    atMs,
    requests: 0,
    errors: 0,
    checks: 0,
    misses: 0,
    buckets: new Map<number, number>(),
    startedAt: 0,
  }
  for (const [, name, labels = '', number] of text.matchAll(SAMPLE)) {
    const value = Number(number)
    if (name === 'api_requests_total') reading.requests += value
    else if (name === 'api_errors_total') reading.errors += value
    else if (name === 'process_start_time_seconds') reading.startedAt = value
    else if (name === 'postern_username_checks_total') {
      reading.checks += value
      if (labels.includes('tier="mysql"')) reading.misses += value
    } else if (name === 'api_request_duration_seconds_bucket') {
      const le = Number(/le="([^"]+)"/.exec(labels)?.[1]?.replace('+Inf', 'Infinity'))
      reading.buckets.set(le, (reading.buckets.get(le) ?? 0) + value)
    }
  }
  return reading
}

/** Interpolates within a bucket, as histogram_quantile of Prometheus does. */
function quantile(q: number, buckets: [le: number, count: number][]): number | null {
  const total = buckets.at(-1)?.[1] ?? 0
  if (total <= 0) return null
  let [lower, below] = [0, 0]
  for (const [le, count] of buckets) {
    if (count >= q * total) {
      const seconds = le === Infinity ? lower : lower + ((le - lower) * (q * total - below)) / (count - below)
      return Math.round(seconds * 1e6) / 1000
    }
    ;[lower, below] = [le, count]
  }
  return null
}

const ratio = (part: number, total: number) => (total > 0 ? Math.round((part / total) * 1e4) / 1e4 : null)

function compare(before: Omit<Reading, 'atMs'>, after: Reading, seconds: number): MetricsSummary {
  const since = (name: 'requests' | 'errors' | 'checks' | 'misses') => Math.max(0, after[name] - before[name])
  const buckets = [...after.buckets]
    .toSorted(([a], [b]) => a - b)
    .map(([le, count]): [number, number] => [le, count - (before.buckets.get(le) ?? 0)])
  const [requests, checks] = [since('requests'), since('checks')]
  return {
    seconds: Math.round(seconds * 10) / 10,
    requestsPerSecond: Math.round((requests / seconds) * 100) / 100,
    errorRatio: ratio(since('errors'), requests),
    p50Milliseconds: quantile(0.5, buckets),
    p95Milliseconds: quantile(0.95, buckets),
    hitRatio: ratio(checks - since('misses'), checks),
  }
}

const NOTHING = { requests: 0, errors: 0, checks: 0, misses: 0, buckets: new Map<number, number>() }

/** `monotonic` and `wall` return milliseconds. */
export function createMetricsSummary({ monotonic = () => performance.now(), wall = Date.now } = {}) {
  let readings: Reading[] = []

  return {
    /**
     * Takes the text of a scrape. Returns the difference to the scrape a minute ago; if there is none, to the oldest one
     * since, or to the start of the service.
     */
    read(text: string): MetricsSummary {
      const now = monotonic()
      const { startedAt, ...reading } = parse(text, now)
      const old = readings.findLast(({ atMs }) => now - atMs >= WINDOW_MS && now - atMs < 2 * WINDOW_MS)
      const base = old ?? readings.find(({ atMs }) => now - atMs >= SHORTEST_MS && now - atMs < WINDOW_MS)
      readings = [...readings.filter(({ atMs }) => now - atMs < 2 * WINDOW_MS), reading]
      if (base) return compare(base, reading, (now - base.atMs) / 1000)
      return compare(NOTHING, reading, Math.max(SHORTEST_MS, wall() - startedAt * 1000) / 1000)
    },
  }
}

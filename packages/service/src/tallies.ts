// Metrics whose children are found once: prom-client hashes the labels each time, which costs more than counting.

type Labels = Readonly<Record<string, string | number>>

interface Sample {
  metricName?: string
  labels: Labels
  value: number
}

/** What a registry of prom-client reads. */
export interface ReadableMetric {
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  aggregator: 'sum' | 'average' | 'max' | 'min'
  get(): Promise<{ name: string; help: string; type: string; aggregator: string; values: Sample[] }>
}

interface Description {
  name: string
  help: string
}

/** `read` is called at each scrape. A gauge that knows no value returns no samples. */
export function readableMetric(
  description: Description & Pick<ReadableMetric, 'type'> & { aggregator?: ReadableMetric['aggregator'] },
  read: () => Sample[] | Promise<Sample[]>,
): ReadableMetric {
  const metric = { aggregator: 'sum' as const, ...description }
  return { ...metric, get: async () => ({ ...metric, values: await read() }) }
}

export interface Tally {
  labels: Labels
  /** How many observations fell into each bucket, but into none before it. The last one has no upper limit. */
  readonly counts: number[]
  sum: number
}

export const totalOf = ({ counts }: Tally): number => counts.reduce((sum, count) => sum + count, 0)

/** A histogram in seconds. `child` adds a child; keep what it returns. */
export function createHistogramTallies(description: Description, buckets: readonly number[]) {
  const tallies: Tally[] = []

  function samplesOf(tally: Tally): Sample[] {
    const { name } = description
    const { labels, counts, sum } = tally
    let total = 0
    const cumulative = [...buckets, '+Inf'].map((le, i) => {
      total += counts[i] ?? 0
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total }
    })
    return [
      ...cumulative,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: total },
    ]
  }

  return {
    tallies: tallies as readonly Tally[],
    metric: readableMetric({ ...description, type: 'histogram' }, () => tallies.flatMap(samplesOf)),

    child(labels: Labels): Tally {
      const tally: Tally = { labels, counts: new Array<number>(buckets.length + 1).fill(0), sum: 0 }
      tallies.push(tally)
      return tally
    },

    observe(tally: Tally, seconds: number): void {
      let bucket = 0
      while (bucket < buckets.length && seconds > (buckets[bucket] ?? Infinity)) bucket += 1
      tally.counts[bucket] = (tally.counts[bucket] ?? 0) + 1
      tally.sum += seconds
    },
  }
}

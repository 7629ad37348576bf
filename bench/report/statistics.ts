// Percentiles, medians and ratios of measurements.

/** The value below which `p` percent of the numbers lie. */
export function percentile(numbers: readonly number[], p: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * p) / 100))] ?? NaN
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Ratio {
  /** Of the medians. */
  value: number
  /** Of the ratios within one round. */
  least: number
  most: number
}

/** The ratio of one candidate's figures to another's, measured in the same rounds. */
export function ratio(ours: readonly number[], theirs: readonly number[]): Ratio {
  const each = ours.map((value, round) => value / theirs[round]!)
  return { value: median(ours) / median(theirs), least: Math.min(...each), most: Math.max(...each) }
}

export const times = (value: number): string => `${value.toFixed(2)} ×`
export const spread = ({ least, most }: Ratio): string => `${least.toFixed(2)} to ${most.toFixed(2)}`
export const whole = (value: number): string => Math.round(value).toLocaleString('en')

/** The 95 % interval of a statistic of the differences between two sets of measurements, by resampling. */
export function bootstrap(
  a: readonly number[],
  b: readonly number[],
  statistic: (numbers: readonly number[]) => number,
  random: () => number,
): { value: number; low: number; high: number } {
  const resampled = (numbers: readonly number[]) => numbers.map(() => numbers[Math.floor(random() * numbers.length)]!)
  const differences = Array.from({ length: 2000 }, () => statistic(resampled(a)) - statistic(resampled(b)))
  return {
    value: statistic(a) - statistic(b),
    low: percentile(differences, 2.5),
    high: percentile(differences, 97.5),
  }
}

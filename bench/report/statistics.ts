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

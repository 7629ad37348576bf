// Compares one contender with the others, slice by slice.
import type { Sliced, Slicing } from '../load/slices.ts'
import type { Bar, Peered, Quartiles, Table, Target } from './results.ts'
import { median, percentile, times, whole } from './statistics.ts'

const quartiles = (ratios: readonly number[]): Quartiles => ({
  value: median(ratios),
  low: percentile(ratios, 25),
  high: percentile(ratios, 75),
})

const range = ({ low, high }: Quartiles) => `${low.toFixed(2)} to ${high.toFixed(2)}`
const pairs = (a: readonly number[], b: readonly number[]) => quartiles(a.map((value, slice) => value / b[slice]!))

export type Comparison = ReturnType<typeof compareSlices>

export function compareSlices(all: ReadonlyMap<string, Sliced>, ours: string) {
  const own = all.get(ours)!
  /** More than 1: `ours` serves more requests in the same time. */
  const rate = (name: string) => pairs(own.perSecond, all.get(name)!.perSecond)
  /** Inverted, so that more is better here as well. */
  const cpu = (name: string) => pairs(all.get(name)!.cpu, own.cpu)

  function between(what: string, a: string, b: string, goal: number | null): Target[] {
    const [first, second] = [all.get(a), all.get(b)]
    if (!first || !second) return []
    const to = pairs(first.perSecond, second.perSecond)
    const measured = `${times(to.value)} (by CPU ${times(pairs(second.cpu, first.cpu).value)})`
    return [targetOf(what, measured, to, goal === null ? null : { text: `≥ ${goal} ×`, reached: to.value >= goal })]
  }

  return {
    /** No target where that contender was not measured. Without a goal it is only reported. */
    target: (what: string, name: string, goal: number | null): Target[] => between(what, ours, name, goal),
    between,
    /** Compares the CPU time that is left without that of `part`, the median of another contender. Less is better. */
    cpuBeside: (what: string, name: string, part: string, goal: number | null): Target[] => {
      if (!all.has(name)) return []
      const without = (figures: Sliced) => figures.cpu.map((each) => each - median(all.get(part)!.cpu))
      const [ours, theirs] = [without(own), without(all.get(name)!)]
      const to = pairs(ours, theirs)
      const measured = `${times(to.value)} (${microseconds(ours)} of ${microseconds(theirs)} µs)`
      return [targetOf(what, measured, to, goal === null ? null : { text: `≤ ${goal} ×`, reached: to.value <= goal })]
    },
    /** Compares the CPU time that another contender needs with ours. Less is better. */
    cost: (what: string, name: string, goal: number): Target[] => {
      const theirs = all.get(name)
      if (!theirs) return []
      const to = pairs(theirs.cpu, own.cpu)
      const measured = `${times(to.value)} (${microseconds(theirs.cpu)} of ${microseconds(own.cpu)} µs)`
      return [targetOf(what, measured, to, { text: `≤ ${goal} ×`, reached: to.value <= goal })]
    },
    table: (title: string, { generations, slices, milliseconds }: Slicing, notes: string[]): Table => {
      const rows = [...all].map(([name, { perSecond, cpu: each, mariadb, redis, busy }]) => {
        const core = `${Math.round(median(busy) * 100)} %`
        const figures = [whole(median(perSecond)), ...[each, mariadb, redis].map(microseconds), core]
        if (name === ours) return [name, ...figures, '', '', '', '']
        const [byRate, byCpu] = [rate(name), cpu(name)]
        return [name, ...figures, times(byRate.value), range(byRate), times(byCpu.value), range(byCpu)]
      })
      const columns = [
        '',
        'requests/s',
        'CPU µs',
        'MariaDB µs',
        'Redis µs',
        'core used',
        `${ours} is`,
        'quartiles',
        'by CPU',
        'quartiles',
      ]
      const method = `Medians of ${generations} × ${slices} slices of ${milliseconds} ms; CPU time is per request.`
      return { title, columns, rows, notes: [method, ...notes] }
    },
    /** The same operation of a peer, for the table of all operations. */
    beside: (names: readonly string[]): Peered[] =>
      names.map((name) => {
        const figures = (each: Sliced) => ({
          perSecond: median(each.perSecond),
          cpu: median(each.cpu),
          mariadb: median(each.mariadb),
        })
        return { name, ours: figures(own), theirs: figures(all.get(name)!), rate: rate(name), cpu: cpu(name).value }
      }),
    bars: (): Bar[] =>
      [...all].map(([name, { perSecond }]) => {
        const { value, low, high } = quartiles(perSecond)
        return { name, value, low, high }
      }),
  }
}

function targetOf(
  what: string,
  measured: string,
  to: Quartiles,
  goal: { text: string; reached: boolean } | null,
): Target {
  return { what, goal: goal?.text ?? 'report', measured, spread: range(to), reached: goal?.reached ?? null }
}

const microseconds = (values: readonly number[]) => {
  const value = median(values)
  return value < 100 ? value.toFixed(1) : whole(value)
}

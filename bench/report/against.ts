// Compares one candidate with all others.
import type { Figures } from '../load/rounds.ts'
import type { Target } from './results.ts'
import { ratio, spread, times } from './statistics.ts'

export function against(figures: ReadonlyMap<string, Figures>, ours: string) {
  const perSecond = (name: string) => ratio(figures.get(ours)!.perSecond, figures.get(name)!.perSecond)
  /** Inverted, so that more is better in both. */
  const cpu = (name: string) => ratio(figures.get(name)!.cpu, figures.get(ours)!.cpu)
  return {
    target: (what: string, name: string, goal: number): Target => {
      const reached = perSecond(name)
      return {
        what,
        goal: `≥ ${goal} ×`,
        measured: `${times(reached.value)} (by CPU ${times(cpu(name).value)})`,
        spread: spread(reached),
        reached: reached.value >= goal,
      }
    },
    /** Whether any program on Node's HTTP server could reach the goal, judging by a handler that does nothing else. */
    limit: (bare: string, name: string, goal: number): string => {
      const most = ratio(figures.get(bare)!.perSecond, figures.get(name)!.perSecond).value
      const outOfReach = most < goal ? `, so ${goal} × is out of reach for anything on this HTTP server` : ''
      return `“${bare}” is ${times(most)} “${name}”: no GraphQL, no request id, no log, no protective headers${outOfReach}.`
    },
    columns: [`${ours} is`, 'in the rounds', 'by CPU'],
    cells: (name: string): string[] => [times(perSecond(name).value), spread(perSecond(name)), times(cpu(name).value)],
  }
}

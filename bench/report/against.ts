// One candidate beside all others.
import type { Figures } from '../load/rounds.ts'
import type { Target } from './results.ts'
import { ratio, spread, times } from './statistics.ts'

export function against(figures: ReadonlyMap<string, Figures>, ours: string) {
  const perSecond = (name: string) => ratio(figures.get(ours)!.perSecond, figures.get(name)!.perSecond)
  /** Turned round, so that more is better in both. */
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
    columns: [`${ours} is`, 'in the rounds', 'by CPU'],
    cells: (name: string): string[] => [times(perSecond(name).value), spread(perSecond(name)), times(cpu(name).value)],
  }
}

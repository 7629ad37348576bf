// What every part of the benchmark implements.
import type { Part } from '../report/results.ts'
import type { Rounds } from '../load/rounds.ts'
import type { Stage } from '../stage/stage.ts'

export interface Setting extends Rounds {
  stage: Stage
  /** Shown beside the part's name while it runs. */
  note: (text: string) => void
  /** How long the soak takes. */
  minutes: number
}

/** Measures one part and returns its results. */
export type Measure = (setting: Setting) => Promise<Part>

import type { Part } from '../report/results.ts'
import type { Rounds } from '../load/rounds.ts'
import type { Stage } from '../stage/stage.ts'

export interface Setting extends Rounds {
  stage: Stage
  /** Shown beside the part's name while it runs. */
  note: (text: string) => void
}

/** Measures one thing and says what came out. */
export type Measure = (setting: Setting) => Promise<Part>

// What every part of the benchmark implements.
import type { Part } from '../report/results.ts'
import type { Slicing } from '../load/slices.ts'
import type { Stage } from '../stage/stage.ts'

/** For the parts that alternate between circumstances of one service, not between services. */
export interface Rounds {
  rounds: number
  seconds: number
}

export interface Setting extends Rounds {
  stage: Stage
  /** Shown beside the part's name while it runs. */
  note: (text: string) => void
  /** How long the soak takes. */
  minutes: number
  /** How many people register and sign out in the proof of outages. */
  changes: number
  /** Which of its figures the part of events measures. All if it is empty. */
  only: readonly string[]
  /** For parts that measure in slices. */
  slicing: Slicing
  /** The folder of an earlier build to compare with. */
  before: string | undefined
}

/** Measures one part and returns its results. */
export type Measure = (setting: Setting) => Promise<Part>

// Measures an operation of Postern beside that of others: this build twice, the build before, and peers.
import { AGAIN, type Build, NOW, postern, preparePosterns, type Talks } from '../contenders/postern.ts'
import { type Contender, type Slicing, takeTurns } from '../load/slices.ts'
import { compareSlices, type Comparison } from '../report/sliced.ts'
import type { Data } from '../stage/stage.ts'
import type { Setting } from './part.ts'

interface Beside {
  talks: Talks
  env?: Record<string, string>
  /** Other contenders, and the data that they alone use. `own` is this build. */
  others: (own: Build) => Promise<{ contenders: Contender[]; data: Data[] }>
  /** Where an operation takes long, a slice must as well. */
  slicing?: Partial<Slicing>
}

export const noise = `“${AGAIN}” is the same build: it shows the noise.`

export async function measureBeside(
  { stage, note, before, slicing }: Setting,
  { talks, env, others, ...rest }: Beside,
): Promise<{ compared: Comparison; slicing: Slicing }> {
  note('preparing data')
  const builds = await preparePosterns(stage, before)
  const { contenders, data } = await others(builds[0]!)
  const own = builds.map((build) => postern(stage, build, talks, env))
  const used = { ...slicing, ...rest.slicing }
  const slices = await takeTurns([...own, ...contenders], used, stage.stores, note)
  for (const each of [...builds.map((build) => build.data), ...data]) await stage.discard(each)
  return { compared: compareSlices(slices, NOW), slicing: used }
}

// Measures an operation of Postern beside that of others: this build twice, the build before, and peers.
import {
  AGAIN,
  type Build,
  type Door,
  NOW,
  postern,
  posternUnder,
  preparePosterns,
  type Talks,
} from '../contenders/postern.ts'
import { type Contender, type Slicing, takeTurns } from '../load/slices.ts'
import { profileIfMissed } from '../profile/profile.ts'
import type { Part, Target } from '../report/results.ts'
import { compareSlices, type Comparison } from '../report/sliced.ts'
import type { Candidate } from '../stage/candidate.ts'
import type { Data } from '../stage/stage.ts'
import type { Setting } from './part.ts'

interface Beside {
  /** Of the table. */
  title: string
  notes?: string[]
  talks: Talks
  /** By default GraphQL's. */
  door?: Door
  /** Other loads, by name, that the process of this build serves in turns with the first one. */
  more?: Record<string, Talks>
  /** Added to the environment of each build. */
  env?: Record<string, string>
  /** Called once for each build, before the first slice. */
  prepare?: (build: Build) => Promise<void>
  /** Other contenders, and the data that they alone use. `own` is this build. */
  others: (own: Build) => Promise<{ contenders: Contender[]; data: Data[] }>
  targets: (compared: Comparison) => Target[]
  /** Where an operation takes long, a slice must as well. */
  slicing?: Partial<Slicing>
  hasChart?: true
  /** The contenders of the table of all operations. */
  peers: string[]
}

const noise = `“${AGAIN}” is the same build: it shows the noise.`

export async function measureBeside({ stage, note, before, slicing }: Setting, beside: Beside): Promise<Part> {
  const { title, notes = [], talks, door, more = {}, env = {}, prepare, others, targets: targetsOf } = beside
  note('preparing data')
  const builds = await preparePosterns(stage, before)
  const [own] = builds as [Build]
  for (const build of builds) await prepare?.(build)
  const { contenders, data } = await others(own)
  const ours = posternUnder(stage, own, { [own.name]: talks, ...more }, env, door)
  const all = [...ours, ...builds.slice(1).map((build) => postern(stage, build, talks, env, door)), ...contenders]
  const used = { ...slicing, ...beside.slicing }
  const compared = compareSlices(await takeTurns(all, used, stage.stores, note), NOW)
  const targets = targetsOf(compared)
  const under = (candidate: Candidate) => talks({ stage, build: own, candidate })
  const profile = await profileIfMissed(targets, stage, own.data, { env }, under, door)
  for (const each of [...builds.map((build) => build.data), ...data]) await stage.discard(each)
  return {
    targets,
    peers: compared.beside(beside.peers),
    tables: [compared.table(title, used, [noise, ...notes]), ...profile],
    ...(beside.hasChart && { chart: compared.bars() }),
  }
}

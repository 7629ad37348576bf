// Logouts: committed, and delivered to Redis, when the answer arrives.
import { AGAIN, BEFORE, logouts, NOW, postern, preparePosterns } from '../contenders/postern.ts'
import { takeTurns } from '../load/slices.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64
/** Enough for one generation of processes: each logout needs a session of its own. */
const SESSIONS = 20_000

export const logout: Measure = async ({ stage, note, before, slicing }) => {
  const builds = await preparePosterns(stage, before)
  const contenders = builds.map((build) => postern(stage, build, logouts(CONNECTIONS, SESSIONS)))
  const slices = await takeTurns(contenders, slicing, stage.stores, note)
  for (const { data } of builds) await stage.discard(data)
  const compared = compareSlices(slices, NOW)
  return {
    targets: [...compared.target('logout, against the build before', BEFORE, 3.2)],
    tables: [compared.table(`Logouts, ${CONNECTIONS} connections`, slicing, [`“${AGAIN}” shows the noise.`])],
  }
}

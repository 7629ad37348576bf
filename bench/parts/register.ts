// Registrations, with a hash that costs almost nothing, so that the rest shows.
import { AGAIN, BEFORE, NOW, postern, preparePosterns, registrations } from '../contenders/postern.ts'
import { takeTurns } from '../load/slices.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 16
/** The lowest that Postern accepts. */
const LOWEST_COST = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }

export const register: Measure = async ({ stage, note, before, slicing }) => {
  const builds = await preparePosterns(stage, before)
  const contenders = builds.map((build) => postern(stage, build, registrations(CONNECTIONS), LOWEST_COST))
  const slices = await takeTurns(contenders, slicing, stage.stores, note)
  for (const { data } of builds) await stage.discard(data)
  const compared = compareSlices(slices, NOW)
  return {
    targets: [...compared.target('register, against the build before', BEFORE, 1)],
    tables: [compared.table(`Registrations, ${CONNECTIONS} connections`, slicing, [`“${AGAIN}” shows the noise.`])],
  }
}

// Who am I, with an access token.
import { AGAIN, BEFORE, NOW, postern, preparePosterns, profiles } from '../contenders/postern.ts'
import { takeTurns } from '../load/slices.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64

export const profile: Measure = async ({ stage, note, before, slicing }) => {
  const builds = await preparePosterns(stage, before)
  const contenders = builds.map((build) => postern(stage, build, profiles(CONNECTIONS)))
  const slices = await takeTurns(contenders, slicing, stage.stores, note)
  for (const { data } of builds) await stage.discard(data)
  const compared = compareSlices(slices, NOW)
  return {
    targets: [...compared.target('profile, requests/s, against the build before', BEFORE, 2.5)],
    tables: [compared.table(`\`{profile{id}}\`, ${CONNECTIONS} connections`, slicing, [`“${AGAIN}” shows the noise.`])],
  }
}

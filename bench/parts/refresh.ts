// Exchanges of refresh tokens, each for the next one of its session.
import { AGAIN, BEFORE, NOW, postern, preparePosterns, refreshes } from '../contenders/postern.ts'
import { takeTurns } from '../load/slices.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 64

export const refresh: Measure = async ({ stage, note, before, slicing }) => {
  const builds = await preparePosterns(stage, before)
  const contenders = builds.map((build) => postern(stage, build, refreshes(CONNECTIONS)))
  const slices = await takeTurns(contenders, slicing, stage.stores, note)
  for (const { data } of builds) await stage.discard(data)
  const compared = compareSlices(slices, NOW)
  return {
    targets: [...compared.target('refreshToken, requests/s, against the build before', BEFORE, 2.6)],
    tables: [compared.table(`refreshToken, ${CONNECTIONS} connections`, slicing, [`“${AGAIN}” shows the noise.`])],
  }
}

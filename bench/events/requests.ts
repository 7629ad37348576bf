// What events cost requests: three times the same build, one of them without events.
import { root } from '../../tools/launch/paths.mjs'
import { type Build, postern, type Talks } from '../contenders/postern.ts'
import { logins, registrations } from '../contenders/postern-talks.ts'
import { type Slicing, takeTurns } from '../load/slices.ts'
import type { Setting } from '../parts/part.ts'
import type { Part } from '../report/results.ts'
import { compareSlices } from '../report/sliced.ts'
import { settle } from '../stage/schemas.ts'
import { USERS } from './users.ts'

const ON = 'Postern'
const AGAIN = 'Postern, a second time'
const OFF = 'Postern, OUTBOX=false'
const CHEAPEST_HASH = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }

async function compare(
  { stage, slicing, note }: Setting,
  title: string,
  talks: Talks,
  { env = {}, ...changes }: Partial<Slicing> & { env?: Record<string, string> },
): Promise<Part> {
  const used = { ...slicing, ...changes }
  const builds: [Build, Record<string, string>][] = []
  for (const name of [ON, AGAIN, OFF]) {
    const data = await stage.data()
    await settle(data.database, USERS)
    builds.push([
      { name, folder: root, data },
      { ...env, OUTBOX: String(name !== OFF) },
    ])
  }
  const contenders = builds.map(([build, variables]) => postern(stage, build, talks, variables))
  const compared = compareSlices(await takeTurns(contenders, used, stage.stores, note), ON)
  for (const [{ data }] of builds) await stage.discard(data)
  return {
    targets: compared.target(`${title}, requests/s, against OUTBOX=false`, OFF, 0.95),
    tables: [compared.table(title, used, [`“${AGAIN}” shows the noise.`])],
  }
}

/** The second one shows what events cost beside the hash. With the default hash it is a part of the time. */
export const compareRequests = async (setting: Setting): Promise<Part[]> => [
  await compare(setting, 'Logins, 16 at a time', logins(16, 128), {
    ...{ warmUpRequests: 100, milliseconds: 400 },
  }),
  await compare(setting, 'Registrations with the default hash, 16 at a time', registrations(16), {
    ...{ warmUpRequests: 100, milliseconds: 400 },
  }),
  await compare(setting, 'Registrations with the cheapest hash, 8 connections', registrations(8), {
    ...{ warmUpRequests: 300, env: CHEAPEST_HASH },
  }),
]

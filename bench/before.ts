// Compares this build with an earlier one: node bench/main.ts --before <folder of the other checkout, built>.
import { join, resolve } from 'node:path'
import { people, unclaimed, writeNames } from './load/names.ts'
import { type Body, check, login } from './load/request-bodies.ts'
import { saturate } from './load/wrk.ts'
import { median, percentile } from './report/statistics.ts'
import { type Candidate, startCandidate } from './stage/candidate.ts'
import { claim } from './stage/owners.ts'
import { PASSWORD, register } from './stage/people.ts'
import type { Data, Stage } from './stage/stage.ts'
import { using } from './stage/usage.ts'

const NAMES = 10_000
const PEOPLE = 128
const WARM_UP_TURNS = 3
/** Usernames stay in Redis while the builds take turns, and neither build has a process cache. */
const ENV = { USERNAME_CACHE_TTL: '86400', USERNAME_HOLD: '0' }

interface Load {
  title: string
  file: string
  body: Body
  connections: number
}

interface Build {
  candidate: Candidate
  data: Data
}

/**
 * Returns one line of ratios per load, or per load named in `wanted`. A ratio above 1 means that this build is faster.
 * Each build has its own data, so that each is the relay and warms its cache.
 */
export async function compareWithBefore(
  stage: Stage,
  { folder, turns, wanted }: { folder: string; turns: number; wanted: readonly string[] },
  note: (text: string) => void,
): Promise<string[]> {
  const names = people(NAMES)
  const users = unclaimed(PEOPLE)
  const start = async (name: string, checkout: string): Promise<Build> => {
    note(`preparing the build ${name}`)
    const data = await stage.data()
    await claim(data.database, names)
    const env = { ...stage.secrets, ...data.urls, ...ENV }
    const candidate = await startCandidate({ name, file: join(checkout, 'dist/main.js'), folder: checkout, env })
    for (const user of users) await register(candidate.url, user)
    return { candidate, data }
  }
  const now = await start('now', resolve('.'))
  const before = await start('before', resolve(folder))
  const loads: Load[] = [
    { title: 'hit', file: writeNames(join(stage.files, 'taken'), names), body: check, connections: 64 },
    { title: 'logins', file: writeNames(join(stage.files, 'users'), users), body: login(PASSWORD), connections: 16 },
  ]
  const lines = []
  for (const load of loads) {
    if (wanted.length > 0 && !wanted.includes(load.title)) continue
    lines.push(await takeTurns(load, now.candidate, before.candidate, turns, note))
  }
  for (const { candidate, data } of [now, before]) {
    await candidate.stop()
    await stage.discard(data)
  }
  return lines
}

/** Turns of one second, in pairs whose order alternates, so that other work on the machine affects both equally. */
async function takeTurns(
  load: Load,
  now: Candidate,
  before: Candidate,
  turns: number,
  note: (text: string) => void,
): Promise<string> {
  const turn = async ({ pid, url }: Candidate) => {
    const { result, cpu } = await using(pid, () => saturate({ ...load, url, seconds: 1 }))
    return { rate: result.requests / result.microseconds, cpu: cpu / result.requests }
  }
  const [rates, cpus, microseconds]: [number[], number[], number[]] = [[], [], []]
  for (let i = -WARM_UP_TURNS; i < turns; i++) {
    note(`${load.title}, turn ${i < 0 ? 'of the warm-up' : `${i + 1} of ${turns}`}`)
    const first = i % 2 === 0 ? await turn(now) : null
    const other = await turn(before)
    const own = first ?? (await turn(now))
    if (i < 0) continue
    rates.push(own.rate / other.rate)
    cpus.push(other.cpu / own.cpu)
    microseconds.push(own.cpu)
  }
  const quartiles = (ratios: number[]) =>
    `${median(ratios).toFixed(3)} × (quartiles ${percentile(ratios, 25).toFixed(3)} to ${percentile(ratios, 75).toFixed(3)})`
  return `${load.title.padEnd(7)} requests/s ${quartiles(rates)}   CPU per request ${quartiles(cpus)}, now ${median(microseconds).toFixed(1)} µs   ${turns} pairs`
}

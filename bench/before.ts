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
const WARM_UP_TURNS = 2
/** Two processes of one build differ by up to a third for as long as they live, so that each pair lives only for a few turns. */
const TURNS_OF_A_PROCESS = 2
/** Usernames stay in Redis while the builds take turns, and neither build has a process cache. */
const ENV = { USERNAME_CACHE_TTL: '86400', USERNAME_HOLD: '0' }

interface Load {
  title: string
  file: string
  body: Body
  connections: number
}

interface Build {
  name: string
  folder: string
  data: Data
}

/** What both builds took in one turn each. */
interface Pair {
  rate: number
  cpu: number
  ownMicroseconds: number
}

type Note = (text: string) => void

/**
 * Returns one line of ratios per load, or per load named in `wanted`. A ratio above 1 means that this build is faster.
 * Each build has its own data, so that each is the relay and warms its cache.
 */
export async function compareWithBefore(
  stage: Stage,
  { folder, turns, wanted }: { folder: string; turns: number; wanted: readonly string[] },
  note: Note,
): Promise<string[]> {
  const names = people(NAMES)
  const users = unclaimed(PEOPLE)
  const start = ({ name, folder, data }: Build) => {
    const env = { ...stage.secrets, ...data.urls, ...ENV }
    return startCandidate({ name, file: join(folder, 'dist/main.js'), folder, env })
  }
  const prepare = async (name: string, checkout: string): Promise<Build> => {
    note(`preparing the build ${name}`)
    const build = { name, folder: checkout, data: await stage.data() }
    await claim(build.data.database, names)
    const candidate = await start(build)
    for (const user of users) await register(candidate.url, user)
    await candidate.stop()
    return build
  }
  const now = await prepare('now', resolve('.'))
  const before = await prepare('before', resolve(folder))
  const loads: Load[] = [
    { title: 'hit', file: writeNames(join(stage.files, 'taken'), names), body: check, connections: 64 },
    { title: 'logins', file: writeNames(join(stage.files, 'users'), users), body: login(PASSWORD), connections: 16 },
  ]
  const lines = []
  for (const load of loads.filter(({ title }) => wanted.length === 0 || wanted.includes(title))) {
    const pairs: Pair[] = []
    while (pairs.length < turns) {
      note(`${load.title}, turn ${pairs.length + 1} of ${turns}`)
      const [own, other] = [await start(now), await start(before)]
      pairs.push(...(await takeTurns(load, own, other)))
      await Promise.all([own.stop(), other.stop()])
    }
    lines.push(summaryOf(load, pairs))
  }
  for (const { data } of [now, before]) await stage.discard(data)
  return lines
}

/** Turns of one second, in pairs whose order alternates, so that other work on the machine affects both equally. */
async function takeTurns(load: Load, now: Candidate, before: Candidate): Promise<Pair[]> {
  const turn = async ({ pid, url }: Candidate) => {
    const { result, cpu } = await using(pid, () => saturate({ ...load, url, seconds: 1 }))
    return { rate: result.requests / result.microseconds, cpu: cpu / result.requests }
  }
  const pairs: Pair[] = []
  for (let i = -WARM_UP_TURNS; i < TURNS_OF_A_PROCESS; i++) {
    const first = i % 2 === 0 ? await turn(now) : null
    const other = await turn(before)
    const own = first ?? (await turn(now))
    if (i >= 0) pairs.push({ rate: own.rate / other.rate, cpu: other.cpu / own.cpu, ownMicroseconds: own.cpu })
  }
  return pairs
}

function summaryOf({ title }: Load, pairs: readonly Pair[]): string {
  const quartiles = (ratios: number[]) =>
    `${median(ratios).toFixed(3)} × (quartiles ${percentile(ratios, 25).toFixed(3)} to ${percentile(ratios, 75).toFixed(3)})`
  const rates = quartiles(pairs.map(({ rate }) => rate))
  const cpus = quartiles(pairs.map(({ cpu }) => cpu))
  const own = median(pairs.map(({ ownMicroseconds }) => ownMicroseconds)).toFixed(1)
  return `${title.padEnd(7)} requests/s ${rates}   CPU per request ${cpus}, now ${own} µs   ${pairs.length} pairs`
}

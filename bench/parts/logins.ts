// Logins, compared with only the hashing that each login requires.
import { join } from 'node:path'
import { unclaimed, writeNames } from '../load/names.ts'
import { login } from '../load/request-bodies.ts'
import { saturate } from '../load/wrk.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { median, ratio, spread, times } from '../report/statistics.ts'
import { type Candidate, startCandidate } from '../stage/candidate.ts'
import { PASSWORD, register, signIn } from '../stage/people.ts'
import { using } from '../stage/usage.ts'
import type { Measure } from './part.ts'

const AT_ONCE = 16
/** So many that no user reaches the limit of sessions. */
const PEOPLE = 128

export const logins: Measure = async ({ stage, note, rounds, seconds }) => {
  const data = await stage.data()
  const postern = await stage.postern(data)
  const bare = await startCandidate({ name: 'bare hashing', file: 'bench/peers/bare-hashing.ts', env: {} })
  note('registering users')
  const names = unclaimed(PEOPLE)
  for (const name of names) await register(postern.url, name)
  await signIn(postern.url, names[0] ?? '')
  const load = { file: writeNames(join(stage.files, 'people'), names), body: login(PASSWORD), connections: AT_ONCE }

  const hash = async (atOnce: number): Promise<number> => {
    const answer = await fetch(`${bare.url}?milliseconds=${seconds * 1000}&atOnce=${atOnce}`)
    return Number(await answer.text())
  }
  const candidates: [string, Candidate, () => Promise<number>][] = [
    ['Postern, logins', postern, () => saturate({ ...load, url: postern.url, seconds }).then(perSecond)],
    [`@node-rs/argon2, ${AT_ONCE} at once`, bare, () => hash(AT_ONCE)],
    ['@node-rs/argon2, one after the other', bare, () => hash(1)],
  ]
  const figures = new Map(
    candidates.map(([name]) => [name, { perSecond: [] as number[], cpu: [] as number[], others: [] as number[] }]),
  )
  for (let round = 0; round <= rounds; round++) {
    for (const [name, { pid }, measure] of candidates) {
      note(`round ${round} of ${rounds}, ${name}`)
      const { result, cpu, others } = await using(pid, measure)
      if (round === 0) continue
      figures.get(name)!.perSecond.push(result)
      figures.get(name)!.cpu.push(cpu / result / seconds)
      figures.get(name)!.others.push(others)
    }
  }
  await Promise.all([postern.stop(), bare.stop()])

  const [ours, ...theirs] = [...figures.values()]
  const fastest = theirs.toSorted((a, b) => median(b.perSecond) - median(a.perSecond))[0]!
  const reached = ratio(ours!.perSecond, fastest.perSecond)
  const targets = [
    {
      what: 'logins against bare hashing by the fastest library, same parameters',
      goal: '≥ 0.95 ×',
      measured: `${times(reached.value)} (by CPU ${times(ratio(fastest.cpu, ours!.cpu).value)})`,
      spread: spread(reached),
      reached: reached.value >= 0.95,
    },
  ]
  const rows = [...figures].map(([name, each]) => {
    const to = ratio(ours!.perSecond, each.perSecond)
    const others = `${Math.round(median(each.others) * 100)} %`
    const milliseconds = (median(each.cpu) / 1000).toFixed(2)
    return [name, median(each.perSecond).toFixed(1), milliseconds, others, times(to.value), spread(to)]
  })
  const profile = await profileIfMissed(targets, stage, data, {}, load)
  await stage.discard(data)
  const columns = ['', 'per second', 'CPU ms each', 'by others', 'Postern is', 'in the rounds']
  return { targets, tables: [{ title: `Logins, ${AT_ONCE} at once`, columns, rows }, ...profile] }
}

const perSecond = ({ requests, microseconds }: { requests: number; microseconds: number }) =>
  (requests * 1e6) / microseconds

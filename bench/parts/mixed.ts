// Whether logins delay checks.
import { join } from 'node:path'
import { people, unclaimed, writeNames } from '../load/names.ts'
import { check, login } from '../load/request-bodies.ts'
import { steady } from '../load/steady.ts'
import { saturate } from '../load/wrk.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { median, percentile, ratio, spread, times } from '../report/statistics.ts'
import { claim } from '../stage/owners.ts'
import { PASSWORD, register } from '../stage/people.ts'
import { using } from '../stage/usage.ts'
import type { Measure } from './part.ts'

const CHECKS_A_SECOND = 500
const LOGINS_AT_ONCE = 16
const PEOPLE = 128

export const mixed: Measure = async ({ stage, note, rounds, seconds }) => {
  const data = await stage.data()
  const postern = await stage.postern(data)
  note('registering users')
  const owners = unclaimed(PEOPLE)
  for (const name of owners) await register(postern.url, name)
  const taken = people(1000)
  await claim(data.database, taken)
  const checked = [...taken, ...unclaimed(PEOPLE + 1000).slice(PEOPLE)]
  const load = {
    file: writeNames(join(stage.files, 'logins'), owners),
    body: login(PASSWORD),
    connections: LOGINS_AT_ONCE,
  }

  let next = 0
  const body = () => `${check.before}${checked[next++ % checked.length] ?? ''}${check.after}`
  const checks = async () => {
    const all = await steady({ url: postern.url, perSecond: CHECKS_A_SECOND, seconds, body })
    return { p50: percentile(all, 50), p99: percentile(all, 99), p999: percentile(all, 99.9) }
  }
  type Times = Awaited<ReturnType<typeof checks>>

  const idle: Times[] = []
  const busy: (Times & { logins: number })[] = []
  for (let round = 0; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`)
    const { result: quiet } = await using(postern.pid, checks)
    const { result } = await using(postern.pid, () =>
      Promise.all([checks(), saturate({ ...load, url: postern.url, seconds })]),
    )
    const [loud, { requests }] = result
    if (round === 0) continue
    idle.push(quiet)
    busy.push({ ...loud, logins: requests / seconds })
  }
  await postern.stop()

  const p99 = ratio(
    busy.map((each) => each.p99),
    idle.map((each) => each.p99),
  )
  const targets = [
    {
      what: 'p99 of checks while logins saturate, against idle',
      goal: '≤ 2 ×',
      measured: times(p99.value),
      spread: spread(p99),
      reached: p99.value <= 2,
    },
  ]
  const figures = (all: Times[]) =>
    (['p50', 'p99', 'p999'] as const).map((which) => median(all.map((each) => each[which])).toFixed(2))
  const rows = [
    ['no logins', ...figures(idle), '0'],
    ['logins saturate', ...figures(busy), median(busy.map((each) => each.logins)).toFixed(0)],
  ]
  const profile = await profileIfMissed(targets, stage, data, {}, load)
  await stage.discard(data)
  const title = `${CHECKS_A_SECOND} checks per second, half of them for taken usernames`
  return { targets, tables: [{ title, columns: ['', 'p50 ms', 'p99 ms', 'p99.9 ms', 'logins/s'], rows }, ...profile] }
}

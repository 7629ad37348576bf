// Whether logins delay checks.
import { root } from '../../tools/launch/paths.mjs'
import { logins as loginTalks } from '../contenders/postern-talks.ts'
import { people, unclaimed } from '../load/names.ts'
import { check } from '../load/request-bodies.ts'
import { steady } from '../load/steady.ts'
import { openTraffic } from '../load/traffic.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { median, percentile, ratio, spread, times } from '../report/statistics.ts'
import { claim } from '../stage/owners.ts'
import type { Measure } from './part.ts'

const CHECKS_A_SECOND = 500
const LOGINS_AT_ONCE = 16
const PEOPLE = 128

export const mixed: Measure = async ({ stage, note, rounds, seconds }) => {
  const data = await stage.data()
  const postern = await stage.postern(data)
  const taken = people(1000)
  await claim(data.database, taken)
  const checked = [...taken, ...unclaimed(1000)]
  note('registering users')
  const build = { name: postern.name, folder: root, data }
  const talks = loginTalks(LOGINS_AT_ONCE, PEOPLE)
  const traffic = openTraffic(postern.url, await talks({ stage, build, candidate: postern }))

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
    const quiet = await checks()
    const [loud, { requests }] = await Promise.all([checks(), traffic.during(seconds * 1000)])
    if (round === 0) continue
    idle.push(quiet)
    busy.push({ ...loud, logins: requests / seconds })
  }
  traffic.close()
  await postern.stop()

  const p99 = ratio(
    busy.map((each) => each.p99),
    idle.map((each) => each.p99),
  )
  const targets = [
    {
      what: 'p99 of checks while logins saturate, against idle',
      goal: '≤ 1.5 ×',
      measured: times(p99.value),
      spread: spread(p99),
      reached: p99.value <= 1.5,
    },
  ]
  const figures = (all: Times[]) =>
    (['p50', 'p99', 'p999'] as const).map((which) => median(all.map((each) => each[which])).toFixed(2))
  const rows = [
    ['no logins', ...figures(idle), '0'],
    ['logins saturate', ...figures(busy), median(busy.map((each) => each.logins)).toFixed(0)],
  ]
  const profile = await profileIfMissed(targets, stage, data, {}, (candidate) => talks({ stage, build, candidate }))
  await stage.discard(data)
  const title = `${CHECKS_A_SECOND} checks per second, half of them for taken usernames`
  return { targets, tables: [{ title, columns: ['', 'p50 ms', 'p99 ms', 'p99.9 ms', 'logins/s'], rows }, ...profile] }
}

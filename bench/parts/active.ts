// Ten thousand connections that all send checks from time to time.
import { people } from '../load/names.ts'
import { check } from '../load/request-bodies.ts'
import { steady } from '../load/steady.ts'
import { median, percentile, ratio, spread, times, whole } from '../report/statistics.ts'
import { claim } from '../stage/owners.ts'
import type { Measure } from './part.ts'

const MANY = 10_000
const FEW = 64
const FILES = 20_000
const CHECKS_A_SECOND = 1000

export const active: Measure = async ({ stage, note, rounds, seconds }) => {
  const data = await stage.data()
  const taken = people(1000)
  await claim(data.database, taken)
  const postern = await stage.postern(data, { files: FILES })
  let next = 0
  const body = () => `${check.before}${taken[next++ % taken.length] ?? ''}${check.after}`
  const all = { few: [] as number[], many: [] as number[] }
  for (let round = 0; round <= rounds; round++) {
    for (const [which, connections] of [
      ['few', FEW],
      ['many', MANY],
    ] as const) {
      note(`round ${round} of ${rounds}, ${whole(connections)} connections`)
      const send = (seconds: number) =>
        steady({ url: postern.url, perSecond: CHECKS_A_SECOND, seconds, body, connections })
      // Not measured: the service may still be closing the connections of the round before.
      await send(2)
      const answers = await send(seconds)
      if (round > 0) all[which].push(percentile(answers, 99))
    }
  }
  await postern.stop()
  await stage.discard(data)

  const to = ratio(all.many, all.few)
  return {
    targets: [
      {
        what: `p99 of ${whole(CHECKS_A_SECOND)} checks per second over ${whole(MANY)} connections, against ${FEW} (stretch)`,
        goal: '≤ 2 ×',
        measured: times(to.value),
        spread: spread(to),
        reached: to.value <= 2,
      },
    ],
    tables: [
      {
        title: `${whole(CHECKS_A_SECOND)} checks per second`,
        columns: ['connections, each used in turn', 'p99 ms'],
        rows: [
          [whole(FEW), median(all.few).toFixed(2)],
          [whole(MANY), median(all.many).toFixed(2)],
        ],
      },
    ],
  }
}

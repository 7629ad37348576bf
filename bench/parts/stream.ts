// A realistic stream of checks at saturation, and how many of them reach MySQL.
import type { readConfig as ReadConfig } from '../../src/config/index.ts'
import { checks } from '../contenders/postern-talks.ts'
import { FREE, RESERVED, TAKEN } from '../load/answers.ts'
import { isReserved, people } from '../load/names.ts'
import { createRandom } from '../load/random.ts'
import { createStream, sharesOf } from '../load/stream.ts'
import { openTraffic } from '../load/traffic.ts'
import { profileIfMissed } from '../profile/profile.ts'
import { whole } from '../report/statistics.ts'
import { built } from '../stage/built.ts'
import type { Candidate } from '../stage/candidate.ts'
import { countUnavailable } from '../stage/checks.ts'
import { claim } from '../stage/owners.ts'
import { countStatements, since } from '../stage/statements.ts'
import { layOut } from '../stage/steady-redis.ts'
import { until } from '../stage/until.ts'
import type { Measure } from './part.ts'

const NAMES = 1_000_000
const EXPONENT = 1
const TYPISTS = 5000
const CONNECTIONS = 256
const ROUNDS_OF_SECONDS = 15
const IDLE_MS = 5000

export const stream: Measure = async ({ stage, note, seconds }) => {
  const data = await stage.data()
  note('creating a million usernames, half of them taken')
  const names = people(NAMES)
  const random = createRandom(3)
  const taken = names.filter(() => random() < 0.5)
  await claim(data.database, taken)
  const isTaken = new Set(taken)
  const expected = (name: string) => (isTaken.has(name) ? TAKEN : isReserved(name) ? RESERVED : FREE)

  const { readConfig } = (await built('config/index.js')) as { readConfig: typeof ReadConfig }
  const ttl = readConfig({ ...stage.secrets, ...data.urls, NODE_ENV: 'production' }).USERNAME_CACHE_TTL
  const duration = ROUNDS_OF_SECONDS * seconds

  async function run(title: string, postern: Candidate, seed: number, most: number) {
    note(`${title}: making the stream`)
    const next = createStream(names, EXPONENT, TYPISTS, seed)
    const texts = Array.from({ length: most * duration }, next)
    const talks = checks(CONNECTIONS, texts, expected)
    const traffic = openTraffic(postern.url, await talks({ candidate: postern }))
    note(title)
    const idle = await during(async () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)))
    const before = await countUnavailable(postern.url, stage.secrets.METRICS_TOKEN)
    const loaded = await during(() => traffic.during(duration * 1000))
    const after = await countUnavailable(postern.url, stage.secrets.METRICS_TOKEN)
    traffic.close()
    const { requests, milliseconds } = loaded.result
    if (requests > texts.length) throw new Error('The stream was too short for this service. Raise `most`.')
    // The relay and the warming also send statements. An idle service sends only those.
    const questions = loaded.statements.questions - (idle.statements.questions * milliseconds) / IDLE_MS
    const unavailable = after.all - before.all
    return {
      talks,
      rate: (requests * 1000) / milliseconds,
      unavailable: unavailable / requests,
      reached: (after.mysql - before.mysql) / unavailable,
      statements: (100 * questions) / requests,
    }
  }
  async function during<T>(work: () => Promise<T>) {
    const before = await countStatements(data.database)
    const result = await work()
    return { result, statements: since(await countStatements(data.database), before) }
  }

  const warming = await stage.postern(data)
  note('the service fills Redis')
  await until(
    '99 % of the taken names are in Redis',
    async () => (await data.redis.dbsize()) > 0.99 * taken.length,
    600,
  )
  const warmed = await run('warmed by the service', warming, 1, 40_000)
  await warming.stop()

  note('laying out Redis')
  await data.redis.flushdb()
  const unwarmed = await stage.postern(data, { env: { USERNAME_WARMING: '0' } })
  await layOut(data.redis, sharesOf(names, EXPONENT, isTaken), { rate: warmed.rate, ttl, random })
  const asked = await run('as the stream itself keeps it', unwarmed, 2, 40_000)
  await unwarmed.stop()

  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  const targets = [
    {
      what: '“unavailable” answers that reach MySQL, Zipf over 1 M names plus the prefixes typed on the way',
      goal: '≤ 0.5 %',
      measured: percent(warmed.reached),
      spread: '',
      reached: warmed.reached <= 0.005,
    },
    {
      what: 'MySQL statements per 100 checks of that stream at saturation',
      goal: '≤ 5',
      measured: warmed.statements.toFixed(2),
      spread: '',
      reached: warmed.statements <= 5,
    },
  ]
  const row = (title: string, { rate, unavailable, reached, statements }: Awaited<ReturnType<typeof run>>) => [
    title,
    whole(rate),
    percent(unavailable),
    percent(reached),
    statements.toFixed(2),
  ]
  const profile = await profileIfMissed(targets, stage, data, {}, (candidate) => warmed.talks({ candidate }))
  await stage.discard(data)
  return {
    targets,
    tables: [
      {
        title: `${duration} s of typing, Zipf’s exponent ${EXPONENT}, ${CONNECTIONS} connections`,
        columns: ['', 'checks/s', 'unavailable', 'of them reach MySQL', 'statements per 100 checks'],
        rows: [row('Redis as the service fills it', warmed), row('Redis as the stream itself fills it', asked)],
        notes: [
          'In the first row the service has loaded every taken username into Redis once, with its default settings, before the load starts.',
          `In the second it loads nothing (USERNAME_WARMING=0). Redis starts with the usernames that this stream, at the rate of the first row, keeps there for ${whole(ttl)} s (USERNAME_CACHE_TTL): each with the probability and the remaining lifetime that the stream gives it.`,
          'A reserved prefix, such as “add”, does not count as unavailable here, because no store is read.',
          'The service’s own metric counts what reached MySQL (postern_username_checks_total).',
        ],
      },
      ...profile,
    ],
  }
}

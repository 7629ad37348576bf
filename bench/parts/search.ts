// How long an administrator waits for a search among a million users.
import { post } from '../load/answers.ts'
import { createRandom } from '../load/random.ts'
import { percentile } from '../report/statistics.ts'
import { startCpuClock } from '../stage/cpu.ts'
import { register, signIn } from '../stage/people.ts'
import { idOf, nameOf, settle } from '../stage/schemas.ts'
import type { Measure } from './part.ts'

const USERS = 1_000_000
const SEARCHES = 300
const WARM_UP = 50
const GOAL_MS = 50

const SEARCH =
  'query ($text: String!, $first: Int) { searchUsers(text: $text, first: $first) { id email username role lastLoginAt createdAt } }'

const PROFILE = JSON.stringify({ query: '{ profile { id } }' })

export const search: Measure = async ({ stage, note }) => {
  note('creating a million users')
  const data = await stage.data()
  await settle(data.database, USERS)
  const postern = await stage.postern(data, { env: { RATE_LIMIT_SEARCH_USERS: '1000000/1' } })
  await register(postern.url, 'searching')
  await data.database.query("UPDATE users SET role = 'ADMIN' WHERE email_key = 'searching@example.com'")
  const token = await signIn(postern.url, 'searching')

  const random = createRandom(11)
  const someone = () => 1 + Math.floor(random() * USERS)
  /** What is typed, and how many users start with it at most. */
  const kinds: Record<string, { text: () => string; found: (count: number) => boolean }> = {
    'one letter, which all share': { text: () => 'p', found: (count) => count === 50 },
    'a part of a name': {
      text: () => nameOf(someone()).slice(0, 8 + Math.floor(random() * 8)),
      found: (count) => count > 0,
    },
    'a whole username': { text: () => nameOf(someone()), found: (count) => count === 1 },
    'a whole address': { text: () => `${nameOf(someone())}@example.com`, found: (count) => count === 1 },
    'an id': { text: () => idOf(someone()), found: (count) => count === 1 },
    'what no one has': { text: () => `nobody_${someone()}`, found: (count) => count === 0 },
  }

  const timed = async (body: string) => {
    const start = performance.now()
    const answer = await post(postern.url, body, token)
    return { answer, milliseconds: performance.now() - start }
  }

  const times: Record<string, number[]> = {}
  /** Milliseconds of the service and of MariaDB, for one search. */
  const cpu: Record<string, number> = {}
  /** Of the cheapest request of a signed-in user, after each kind of search: what the machine adds to every request. */
  const floor: number[] = []
  for (const [kind, { text, found }] of Object.entries(kinds)) {
    note(kind)
    const spent: number[] = []
    const clocks: (() => number)[] = []
    for (let n = 0; n < WARM_UP + SEARCHES; n++) {
      if (n === WARM_UP) clocks.push(startCpuClock(postern.pid), startCpuClock(stage.stores.mariadb))
      const body = JSON.stringify({ query: SEARCH, variables: { text: text(), first: 50 } })
      const { answer, milliseconds } = await timed(body)
      if (n >= WARM_UP) spent.push(milliseconds)
      const { length } = answer['searchUsers'] as unknown[]
      if (!found(length)) throw new Error(`${body} found ${length} users`)
    }
    cpu[kind] = clocks.reduce((sum, used) => sum + used(), 0) / SEARCHES / 1000
    times[kind] = spent
    for (let n = 0; n < SEARCHES / 6; n++) floor.push((await timed(PROFILE)).milliseconds)
  }
  await postern.stop()
  await stage.discard(data)

  const milliseconds = (value: number) => value.toFixed(1)
  return {
    targets: Object.entries(times).map(([kind, spent]) => ({
      what: `search among a million users: ${kind}, p99`,
      goal: `< ${GOAL_MS} ms`,
      measured: `${milliseconds(percentile(spent, 99))} ms`,
      spread: `p50 ${milliseconds(percentile(spent, 50))} ms`,
      reached: percentile(spent, 99) < GOAL_MS,
    })),
    tables: [
      {
        title: 'A search among a million users, ms',
        columns: ['', 'p50', 'p95', 'p99', 'CPU of service and MariaDB'],
        rows: [...Object.entries(times), ['`{profile{id}}`, in turns', floor] as const].map(([kind, spent]) => [
          kind,
          ...[50, 95, 99].map((p) => milliseconds(percentile(spent, p))),
          cpu[kind]?.toFixed(1) ?? '',
        ]),
        notes: ['One request at a time, for up to 50 users each. All usernames and addresses start alike.'],
      },
    ],
  }
}

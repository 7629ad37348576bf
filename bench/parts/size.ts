// Whether the number of existing usernames matters.
import { FREE, post, TAKEN, verify } from '../load/answers.ts'
import { check } from '../load/request-bodies.ts'
import { createRandom } from '../load/random.ts'
import { median, percentile, ratio, spread, times } from '../report/statistics.ts'
import { register, signIn } from '../stage/people.ts'
import { nameOf, settle } from '../stage/schemas.ts'
import type { Measure } from './part.ts'

const SIZES = { small: 10_000, large: 10_000_000 }
/**
 * Hashing takes the same time at every size, and at its usual cost it would hide everything else. Redis is not filled,
 * because it would answer all checks of the smaller deployment.
 */
const env = {
  ...{ ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1', USERNAME_WARMING: '0' },
  // One user does all renames.
  USERNAME_RENAMES: '9999/1',
}
const EACH_ROUND = { check: 200, register: 40, rename: 40 }

const RENAME = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { username } }'

type Stage = Parameters<Measure>[0]['stage']

async function open(stage: Stage, size: number) {
  const data = await stage.data()
  await settle(data.database, size)
  const postern = await stage.postern(data, { env })
  await register(postern.url, 'renamed')
  const random = createRandom(size)
  const token = await signIn(postern.url, 'renamed')
  let serial = 0
  const fresh = () => `new_${(serial += 1)}_${Math.floor(random() * 36 ** 6).toString(36)}`
  const taken = () => nameOf(1 + Math.floor(random() * size))
  await verify(postern.url, [taken(), fresh()], (name) => (name.startsWith('new_') ? FREE : TAKEN))

  const work = {
    // Half of them are taken, and hardly any is checked twice, so MySQL answers.
    check: () => post(postern.url, `${check.before}${serial % 2 === 0 ? taken() : fresh()}${check.after}`),
    register: () => register(postern.url, fresh()),
    rename: () =>
      post(postern.url, JSON.stringify({ query: RENAME, variables: { input: { username: fresh() } } }), token),
  }
  return { data, postern, work }
}

type Kind = keyof typeof EACH_ROUND
const kinds = Object.keys(EACH_ROUND) as Kind[]

export const size: Measure = async ({ stage, note, rounds }) => {
  note('creating ten thousand users')
  const small = await open(stage, SIZES.small)
  note('creating ten million users')
  const large = await open(stage, SIZES.large)

  const p50 = { small: record(), large: record() }
  for (let round = 0; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`)
    for (const kind of kinds) {
      for (const [which, { work }] of [
        ['small', small],
        ['large', large],
      ] as const) {
        const spent = await time(work[kind], EACH_ROUND[kind])
        if (round > 0) p50[which][kind].push(percentile(spent, 50))
      }
    }
  }
  await Promise.all([small.postern.stop(), large.postern.stop()])
  await Promise.all([stage.discard(small.data), stage.discard(large.data)])

  const results = kinds.map((kind) => ({ kind, to: ratio(p50.large[kind], p50.small[kind]) }))
  const targets = results.map(({ kind, to }) => ({
    what: `${kind} with 10 million names against 10 thousand, p50`,
    goal: '≤ 1.3 ×',
    measured: times(to.value),
    spread: spread(to),
    reached: to.value <= 1.3,
  }))
  const milliseconds = (each: number[]) => median(each).toFixed(2)
  const rows = results.map(({ kind, to }) => [
    kind,
    milliseconds(p50.small[kind]),
    milliseconds(p50.large[kind]),
    times(to.value),
    spread(to),
  ])
  const columns = ['one at a time, p50', '10 thousand, ms', '10 million, ms', 'ratio', 'in the rounds']
  const notes = [
    'Registrations hash at argon2id’s lowest cost here (1 MiB, one pass). Redis is not filled with usernames (USERNAME_WARMING=0): otherwise it would answer every check of the smaller deployment, and MySQL, whose size is measured, none.',
  ]
  return {
    targets,
    tables: [{ title: 'Ten thousand and ten million usernames, owners included', columns, rows, notes }],
  }
}

const record = (): Record<Kind, number[]> => ({ check: [], register: [], rename: [] })

async function time(work: () => Promise<unknown>, count: number): Promise<number[]> {
  const spent: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await work()
    spent.push(performance.now() - start)
  }
  return spent
}

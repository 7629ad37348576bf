// Whether the time of a login shows which accounts exist, after the cost of hashing was raised.
import { createRandom } from '../load/random.ts'
import { clientAt } from '../load/from-address.ts'
import { unclaimed } from '../load/names.ts'
import { bootstrap, median, percentile } from '../report/statistics.ts'
import { register } from '../stage/people.ts'
import type { Measure } from './part.ts'

/** Logins of each kind in each comparison. */
const LOGINS = 400
/** Accounts to guess at, and to lock: most have hashes of the old cost, and the same share in both groups. */
const GUESSED = { old: 170, new: 30 }
const LOCKED = { old: 17, new: 3 }
const FAILURES = 5
/** Each account gets fewer wrong guesses than lock it, in all comparisons together. */
const GUESSES = 4

const OLD = { ARGON2_MEMORY_KIB: '19456', ARGON2_TIME_COST: '2' }
const RAISED = { ARGON2_MEMORY_KIB: '32768', ARGON2_TIME_COST: '3' }
const RESTART = { RATE_LIMIT_LOGIN: '5/3600' }

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'

/** In turns, the first one alternating: what else happens on the machine affects both. */
async function interleaved(count: number, a: (n: number) => Promise<number>, b: (n: number) => Promise<number>) {
  const [ofA, ofB]: [number[], number[]] = [[], []]
  for (let n = 0; n < count; n++) {
    if (n % 2 === 0) ofA.push(await a(n))
    ofB.push(await b(n))
    if (n % 2 === 1) ofA.push(await a(n))
  }
  return { a: ofA, b: ofB }
}

export const timing: Measure = async ({ stage, note }) => {
  const data = await stage.data()
  const counts = { old: GUESSED.old + LOCKED.old, new: GUESSED.new + LOCKED.new }
  const names = unclaimed(counts.old + counts.new)
  const [oldNames, newNames] = [names.slice(0, counts.old), names.slice(counts.old)]
  const old = await stage.postern(data, { env: OLD })
  note('registering users, before the cost is raised')
  for (const name of oldNames) await register(old.url, name)
  await old.stop()
  const raising = await stage.postern(data, { env: RAISED })
  note('registering users, after the cost was raised')
  for (const name of newNames) await register(raising.url, name)
  await raising.stop()
  // As the service is a minute later: it follows the costs that are stored.
  const postern = await stage.postern(data, { env: { ...RAISED, ...RESTART } })
  const client = clientAt('127.0.0.1')

  const login = async (input: object, code: string): Promise<number> => {
    const body = JSON.stringify({ query: LOGIN, variables: { input: { ...input, password: 'a wrong password' } } })
    const { text, milliseconds } = await client.send(postern.url, body)
    if (!text.includes(`"${code}"`)) throw new Error(`A login answered ${text}`)
    return milliseconds
  }
  const guessed = [...oldNames.slice(0, GUESSED.old), ...newNames.slice(0, GUESSED.new)]
  const existing = (n: number) => guessed[n % guessed.length] ?? ''
  const unknown = (n: number) => `nobody_${n % guessed.length}`
  const refused = 'UNAUTHENTICATED'
  const mail = (name: string) => ({ email: `${name}@example.com` })

  note('warming up')
  for (let n = 0; n < 100; n++) await login(mail(`warm_${n}`), refused)
  note('by email address')
  const email = await interleaved(
    LOGINS,
    (n) => login(mail(existing(n)), refused),
    (n) => login(mail(unknown(n)), refused),
  )
  note('by username')
  const username = await interleaved(
    LOGINS,
    (n) => login({ username: existing(n) }, refused),
    (n) => login({ username: `other_${unknown(n)}` }, refused),
  )
  note('locked')
  const locked = [...oldNames.slice(GUESSED.old), ...newNames.slice(GUESSED.new)]
  const lockedUnknown = locked.map((_, n) => `locked_${n}`)
  for (const name of [...locked, ...lockedUnknown]) for (let n = 0; n < FAILURES; n++) await login(mail(name), refused)
  const lock = await interleaved(
    LOGINS,
    (n) => login(mail(locked[n % locked.length] ?? ''), 'RATE_LIMITED'),
    (n) => login(mail(lockedUnknown[n % locked.length] ?? ''), 'RATE_LIMITED'),
  )
  client.close()
  await postern.stop()
  await stage.discard(data)

  const random = createRandom(7)
  const compared = [
    { what: 'an email address with an account, and one without', times: email },
    { what: 'a username with an account, and one without', times: username },
    { what: 'a locked account, and a locked name without an account', times: lock },
  ].map(({ what, times }) => ({ what, times, difference: bootstrap(times.a, times.b, median, random) }))
  const milliseconds = (value: number) => value.toFixed(2)
  const signed = (value: number) => `${value < 0 ? '−' : ''}${milliseconds(Math.abs(value))}`
  return {
    targets: compared.map(({ what, difference: { value, low, high } }) => ({
      what: `difference of the medians of ${LOGINS} logins: ${what}`,
      goal: '< 1 ms',
      measured: `${signed(value)} ms`,
      spread: `${signed(low)} to ${signed(high)}`,
      reached: Math.abs(value) < 1,
    })),
    tables: [
      {
        title: 'Failed logins after the cost of hashing was raised, ms',
        columns: [
          '',
          'with an account, p50',
          'without, p50',
          'with, mean',
          'without, mean',
          'difference of means, 95 %',
        ],
        rows: compared.map(({ what, times: { a, b } }) => {
          const means = bootstrap(a, b, mean, random)
          const difference = `${signed(means.value)} (${signed(means.low)} to ${signed(means.high)})`
          const each = [percentile(a, 10), percentile(b, 10), median(a), median(b), mean(a), mean(b)]
          return [what, ...each.map(milliseconds), difference]
        }),
        notes: [
          `${counts.old} accounts have hashes of the old cost and ${counts.new} of the new one, which takes more than twice as long. One login at a time, in turns whose order alternates; each account gets at most ${GUESSES} guesses. The range is a bootstrap interval of 95 %.`,
          'Other work on the machine delays some logins of both kinds; the fastest tenth (p10) shows it least.',
          'The mean of one kind depends on how many of its names get the new cost, which for names without an account is drawn by chance from the stored mix.',
        ],
      },
    ],
  }
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

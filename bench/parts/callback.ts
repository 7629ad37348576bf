// The callback of a sign-in at a provider, without the provider's own time, beside a login without its hash.
import { createOAuthBrowser } from '../../test/support/oauth-browser.ts'
import { bareHashing } from '../contenders/bare.ts'
import { dataOf } from '../load/answers.ts'
import { clientAt } from '../load/from-address.ts'
import type { Lane } from '../load/slices.ts'
import { login } from '../load/request-bodies.ts'
import { median, percentile, times } from '../report/statistics.ts'
import type { Candidate } from '../stage/candidate.ts'
import { PASSWORD, register } from '../stage/people.ts'
import { APP_URL, type SignInProviders, startSignInProviders } from '../stage/sign-in-providers.ts'
import type { Measure } from './part.ts'

const GOAL = 1.5
const PEOPLE = 64
const PROVIDERS = ['google', 'github'] as const
/** The lowest cost that Postern accepts: 1 MiB, one pass. */
const CHEAP_HASH = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }
const HASHING_MS = 20
/** Sign-ins of each kind per process: so many for each slice of other parts. */
const TURNS_PER_SLICE = 4

/** Milliseconds of a sign-in: all of it, and what others needed for their part. */
interface Timed {
  all: number
  others: number
  requests: number
}

type Turn = (person: number) => Promise<Timed>

const beyond = (turns: readonly Timed[]): number[] => turns.map(({ all, others }) => all - others)

/** Signs in at a provider up to the callback, as a browser does, and times only that. */
function callbackOf(provider: string, { url }: Candidate, providers: SignInProviders): Turn {
  const service = new URL(url).origin
  const client = clientAt('127.0.0.1')
  return async (person) => {
    await providers.become(person)
    const browser = createOAuthBrowser(service)
    const address = await browser.follow(`${APP_URL}/oauth/${provider}/start`, `${APP_URL}/oauth/`)
    await providers.become(person)
    const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
    const cookie = `__Host-postern-oauth=${browser.cookie('__Host-postern-oauth')}`
    const { status, headers, text, milliseconds } = await client.send(address.replace(APP_URL, service), undefined, {
      ...navigation,
      cookie,
    })
    if (status !== 302 && status !== 303) throw new Error(`A callback answered ${status}: ${text}`)
    if (headers.location !== '/account') throw new Error(`A callback led to ${headers.location}`)
    const { requests, milliseconds: others } = await providers.become(person)
    return { all: milliseconds, others, requests }
  }
}

function loginOf(names: readonly string[], { url }: Candidate, hashing: Lane): Turn {
  const client = clientAt('127.0.0.1')
  const { before, after } = login(PASSWORD)
  return async (person) => {
    const hashed = await hashing.slice(HASHING_MS)
    const { text, milliseconds } = await client.send(url, before + names[person % names.length]! + after)
    if (typeof dataOf(text)['login'].token !== 'string') throw new Error(`A login answered ${text}`)
    return { all: milliseconds, others: hashed.milliseconds / hashed.requests, requests: 0 }
  }
}

export const callback: Measure = async ({ stage, note, slicing: { generations, slices } }) => {
  const data = await stage.data()
  const providers = await startSignInProviders()
  const names = Array.from({ length: PEOPLE }, (_, n) => `person_${n}`)
  const figures = { login: [] as Timed[][], google: [] as Timed[][], github: [] as Timed[][] }
  for (let generation = 1; generation <= generations; generation++) {
    note(`processes ${generation} of ${generations}`)
    const postern = await stage.postern(data, { env: { ...CHEAP_HASH, ...providers.env } })
    const hashing = await bareHashing('hashing', { atOnce: 1, work: 'verify', env: CHEAP_HASH }).open()
    if (generation === 1) for (const name of names) await register(postern.url, name)
    const turns = {
      login: loginOf(names, postern, hashing),
      google: callbackOf('google', postern, providers),
      github: callbackOf('github', postern, providers),
    }
    const kinds = Object.keys(turns) as (keyof typeof turns)[]
    // In the first process, this makes the accounts.
    for (let person = 0; person < PEOPLE; person++) for (const kind of kinds) await turns[kind](person)
    for (const kind of kinds) figures[kind].push([])
    for (let turn = 0; turn < slices * TURNS_PER_SLICE; turn++)
      for (const kind of turn % 2 === 0 ? kinds : kinds.toReversed())
        figures[kind].at(-1)!.push(await turns[kind](turn % PEOPLE))
    await hashing.close()
    await postern.stop()
  }
  await providers.stop()
  await stage.discard(data)

  const ofLogin = beyond(figures.login.flat())
  return {
    targets: PROVIDERS.map((provider) => {
      const ratio = median(beyond(figures[provider].flat())) / median(ofLogin)
      const each = figures[provider].map((turns, n) => median(beyond(turns)) / median(beyond(figures.login[n]!)))
      return {
        what: `/oauth/${provider}/callback beyond the provider’s time, p50, against a login without its hash`,
        goal: `≤ ${GOAL} ×`,
        measured: times(ratio),
        spread: `${Math.min(...each).toFixed(2)} to ${Math.max(...each).toFixed(2)}`,
        reached: ratio <= GOAL,
      }
    }),
    tables: [
      {
        title: 'Sign-ins, one at a time, ms',
        columns: [
          '',
          'p50',
          'of it the provider or the hash',
          'the rest, p50',
          'the rest, p95',
          'requests to the provider',
        ],
        rows: Object.entries(figures).map(([kind, generationsOf]) => {
          const all = generationsOf.flat()
          const rest = beyond(all)
          const figuresOf = [median(all.map((each) => each.all)), median(all.map((each) => each.others))]
          const name = kind === 'login' ? 'login with a password, the cheapest hash' : `/oauth/${kind}/callback`
          const requests = kind === 'login' ? '' : median(all.map((each) => each.requests)).toFixed(0)
          return [
            name,
            ...[...figuresOf, median(rest), percentile(rest, 95)].map((value) => value.toFixed(2)),
            requests,
          ]
        }),
        notes: [
          `${generations} processes, ${slices * TURNS_PER_SLICE} sign-ins of each kind in each, in turns, by ${PEOPLE} people who have signed in before. The range of a target is that of the processes.`,
          'The provider’s time is from the arrival of a request to the end of its response, in its own process on another core; requests at the same time count once. So what the service needs to send requests and to read responses is its own. The hash is that of a bare loop just before each login.',
        ],
      },
    ],
  }
}

// Memory of all processes of a service: idle, and after the same requests.
import { setTimeout as pause } from 'node:timers/promises'
import * as auth from '../contenders/better-auth.ts'
import * as authTalks from '../contenders/better-auth-talks.ts'
import { AGAIN, BEFORE, NOW, preparePosterns } from '../contenders/postern.ts'
import * as talks from '../contenders/postern-talks.ts'
import { FREE, TAKEN } from '../load/answers.ts'
import { unclaimed } from '../load/names.ts'
import { openTraffic, type Talk } from '../load/traffic.ts'
import type { Target } from '../report/results.ts'
import { median, times } from '../report/statistics.ts'
import type { Candidate } from '../stage/candidate.ts'
import { nameOf } from '../stage/schemas.ts'
import { memoryBytes } from '../stage/usage.ts'
import type { Measure } from './part.ts'

/** How long a service rests before its memory is read: Postern's hasher ends after 30 s without a hash. */
const REST_MS = 35_000
const MOST_GENERATIONS = 2
const PEER = 'better-auth'
const CHECKED = 2000
const free = unclaimed(CHECKED)
const taken = Array.from({ length: CHECKED }, (_, n) => nameOf(n + 1))

/** The requests that every service gets. */
const load = { profiles: 20_000, checks: 10_000, refreshes: 3000, logouts: 1000, registrations: 200, logins: 400 }

interface Contender {
  name: string
  start: () => Promise<Candidate>
  /** What the connections say, and how often in all. */
  say: (candidate: Candidate) => [number, () => Promise<Talk[]>][]
}

interface Memory {
  idle: number[]
  loaded: number[]
  /** Pages that several processes share count once. */
  idleProportional: number[]
  loadedProportional: number[]
}

export const memory: Measure = async ({ stage, note, before, slicing }) => {
  note('preparing data')
  const builds = (await preparePosterns(stage, before)).filter(({ name }) => name !== AGAIN)
  const authData = await auth.prepareBetterAuth(stage)
  const contenders: Contender[] = builds.map((build) => ({
    name: build.name,
    start: () => stage.postern(build.data, build),
    say(candidate) {
      const running = { stage, build, candidate }
      return [
        [load.registrations, () => talks.registrations(16)(running)],
        [load.logins, () => talks.logins(16, 64)(running)],
        [load.profiles, () => talks.profiles(64)(running)],
        [load.refreshes, () => talks.refreshes(32)(running)],
        [load.checks, () => talks.checks(64, taken, () => TAKEN)(running)],
        [load.checks, () => talks.checks(64, free, () => FREE)(running)],
        [load.logouts, () => talks.logouts(16, load.logouts)(running)],
      ]
    },
  }))
  contenders.push({
    name: PEER,
    start: () => auth.startBetterAuth(PEER, authData),
    say(candidate) {
      const running = { data: authData, candidate }
      return [
        [load.registrations, () => authTalks.signUps(16)(running)],
        [load.logins, () => authTalks.signIns(16, 64)(running)],
        [load.profiles, () => authTalks.getSessions(64)(running)],
        [load.refreshes, () => authTalks.getSessions(32)(running)],
        [load.checks, () => authTalks.usernameChecks(64, taken, false)(running)],
        [load.checks, () => authTalks.usernameChecks(64, free, true)(running)],
        [load.logouts, () => authTalks.signOuts(16, load.logouts)(running)],
      ]
    },
  })

  const all = new Map<string, Memory>(
    contenders.map(({ name }) => [name, { idle: [], loaded: [], idleProportional: [], loadedProportional: [] }]),
  )
  const generations = Math.min(slicing.generations, MOST_GENERATIONS)
  for (let generation = 1; generation <= generations; generation++) {
    for (const { name, start, say } of contenders) {
      note(`processes ${generation} of ${generations}, ${name}`)
      const figures = all.get(name)!
      const candidate = await start()
      await pause(REST_MS)
      const idle = memoryBytes(candidate.pid)
      for (const [requests, prepare] of say(candidate)) {
        const traffic = openTraffic(candidate.url, await prepare())
        await traffic.times(requests)
        traffic.close()
      }
      await pause(REST_MS)
      const loaded = memoryBytes(candidate.pid)
      figures.idle.push(idle.resident)
      figures.loaded.push(loaded.resident)
      figures.idleProportional.push(idle.proportional)
      figures.loadedProportional.push(loaded.proportional)
      await candidate.stop()
    }
  }
  for (const data of [...builds.map((build) => build.data), authData]) await stage.discard(data)

  const own = all.get(NOW)!
  function target(what: string, name: string, when: 'idle' | 'loaded', goal: number | null): Target[] {
    const other = all.get(name)
    if (!other) return []
    const value = median(own[when]) / median(other[when])
    const measured = `${times(value)} (${mebibytes(own[when])} of ${mebibytes(other[when])} MiB)`
    const reached = goal === null ? null : value <= goal
    return [{ what, goal: goal === null ? 'report' : `≤ ${goal} ×`, measured, spread: '', reached }]
  }
  return {
    targets: [
      ...target('memory idle, against the build before', BEFORE, 'idle', 0.55),
      ...target('… after the same load', BEFORE, 'loaded', 0.6),
      ...target('… idle, against better-auth', PEER, 'idle', null),
      ...target('… after the same load', PEER, 'loaded', null),
    ],
    tables: [
      {
        title: 'Memory of all processes of a service, MiB',
        columns: ['', 'idle', 'after load', 'idle, shared pages once', 'after load, shared pages once'],
        rows: [...all].map(([name, { idle, loaded, idleProportional, loadedProportional }]) => [
          name,
          ...[idle, loaded, idleProportional, loadedProportional].map(mebibytes),
        ]),
        notes: [
          `Medians of ${generations} processes, ${REST_MS / 1000} s after the start or the last answer. The first columns are the sum of the resident memory of all processes. The load: ${Object.entries(
            load,
          )
            .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
            .join(', ')} (checks twice: taken and free usernames; better-auth answers get-session for a refresh).`,
        ],
      },
    ],
  }
}

const mebibytes = (values: readonly number[]) => Math.round(median(values) / 2 ** 20).toString()

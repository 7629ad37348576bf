// Events: what they cost logins and registrations, and how soon and how fast they reach a consumer.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { end } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import { postern, type Build, type Talks } from '../contenders/postern.ts'
import { logins, registrations } from '../contenders/postern-talks.ts'
import type { Figures } from '../events/program.ts'
import { type Slicing, takeTurns } from '../load/slices.ts'
import { compareSlices } from '../report/sliced.ts'
import type { Table, Target } from '../report/results.ts'
import { whole } from '../report/statistics.ts'
import { SERVER_CORE } from '../stage/cores.ts'
import { settle } from '../stage/schemas.ts'
import type { Data } from '../stage/stage.ts'
import type { Measure, Setting } from './part.ts'

const ON = 'Postern'
const AGAIN = 'Postern, a second time'
const OFF = 'Postern, OUTBOX=false'
const USERS = 2000
const GOAL_MS = 50
/** A process whose memory grows by less has no leak that matters: garbage is collected when V8 wants to. */
const GROWTH = 1.15
const CHEAPEST_HASH = { ARGON2_MEMORY_KIB: '1024', ARGON2_TIME_COST: '1' }

/** Three times the same build, one of them without events. */
async function compareRequests(
  { stage, slicing, note }: Setting,
  title: string,
  talks: Talks,
  { env = {}, ...changes }: Partial<Slicing> & { env?: Record<string, string> },
): Promise<{ targets: Target[]; tables: Table[] }> {
  const used = { ...slicing, ...changes }
  const builds: [Build, Record<string, string>][] = []
  for (const name of [ON, AGAIN, OFF]) {
    const data = await stage.data()
    await settle(data.database, USERS)
    builds.push([
      { name, folder: root, data },
      { ...env, OUTBOX: String(name !== OFF) },
    ])
  }
  const contenders = builds.map(([build, variables]) => postern(stage, build, talks, variables))
  const compared = compareSlices(await takeTurns(contenders, used, stage.stores, note), ON)
  for (const [{ data }] of builds) await stage.discard(data)
  return {
    targets: compared.target(`${title}, requests/s, against OUTBOX=false`, OFF, 0.95),
    tables: [compared.table(title, used, [`“${AGAIN}” shows the noise.`])],
  }
}

async function runProgram({ stage }: Setting, data: Data, total: number): Promise<Figures> {
  const child = spawn('taskset', ['-c', SERVER_CORE, node, 'bench/events/program.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, ...stage.secrets, ...data.urls, NODE_ENV: 'production', BENCH_EVENTS: String(total) },
  })
  const forget = onStop(() => end(child, 5000))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`bench/events/program.ts ended with ${String(code)}`)
  })
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures]
  await ended.catch(() => undefined)
  forget()
  return figures
}

export const events: Measure = async (setting) => {
  const { stage, note } = setting
  const paths = [
    await compareRequests(setting, 'Logins, 16 at a time', logins(16, 128), {
      ...{ warmUpRequests: 100, milliseconds: 400, slices: Math.ceil(setting.slicing.slices / 2) },
    }),
    await compareRequests(setting, 'Registrations with the cheapest hash, 8 connections', registrations(8), {
      ...{ warmUpRequests: 300, env: CHEAPEST_HASH },
    }),
  ]
  // The second one shows what events cost beside the hash. With the default hash it is a part of the time.
  const total = Number(process.env['BENCH_EVENTS'] ?? 100_000)
  note(`${whole(total)} events`)
  const data = await stage.data()
  await settle(data.database, USERS)
  const { delay, publishedPerSecond, processedPerSecond, memory } = await runProgram(setting, data, total)
  await stage.discard(data)
  const [early, late] = [memory.early, memory.late].map((bytes) => `${whole(bytes / 1e6)} MB`)
  return {
    targets: [
      ...paths.flatMap(({ targets }) => targets),
      {
        what: 'event committed → consumer, p99, 100 events a second',
        goal: `≤ ${GOAL_MS} ms`,
        measured: `${delay.p99.toFixed(1)} ms`,
        spread: `p50 ${delay.p50.toFixed(1)} ms, longest ${delay.most.toFixed(1)} ms`,
        reached: delay.p99 <= GOAL_MS,
      },
      {
        what: `memory of the process after ${whole(total)} events, against ${whole(total / 10)}`,
        goal: `≤ ${GROWTH} ×`,
        measured: `${(memory.late / memory.early).toFixed(2)} × (${late} of ${early})`,
        spread: '',
        reached: memory.late <= memory.early * GROWTH,
      },
    ],
    tables: [
      ...paths.flatMap(({ tables }) => tables),
      {
        title: 'Events of one process, in the database, one consumer',
        columns: ['', 'events/s'],
        rows: [
          ['published into the queue', whole(publishedPerSecond)],
          ['published and processed', whole(processedPerSecond)],
        ],
      },
    ],
  }
}

// Events: what they cost requests, how soon and how fast they reach a consumer, and the memory of a worker.
import { once } from 'node:events'
import { join } from 'node:path'
import { end, run, spawn } from '../../tools/launch/children.mjs'
import { Failure, onStop } from '../../tools/launch/lifetime.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import { ensurePrograms } from '../../tools/launch/programs.mjs'
import { startRabbitmq } from '../../tools/launch/rabbitmq.mjs'
import type { Figures } from '../events/program.ts'
import { localTable, reportDelays, reportMemory, reportPublishing } from '../events/report.ts'
import { compareRequests } from '../events/requests.ts'
import { USERS } from '../events/users.ts'
import type { Part } from '../report/results.ts'
import { OTHER_CORES, SERVER_CORE } from '../stage/cores.ts'
import { settle } from '../stage/schemas.ts'
import type { Stage } from '../stage/stage.ts'
import type { Measure, Setting } from './part.ts'

type Broker = Record<string, string>

/** Measures one figure with data of its own. */
async function measure<Name extends keyof Figures>(stage: Stage, name: Name, broker: Broker = {}) {
  const data = await stage.data()
  await settle(data.database, USERS + 1)
  const env = { ...stage.secrets, ...data.urls, ...broker, NODE_ENV: 'production', BENCH_FIGURE: name }
  const child = spawn('taskset', ['-c', SERVER_CORE, node, 'bench/events/program.ts'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { BENCH_EVENTS: '100000', ...process.env, ...env },
  })
  const forget = onStop(() => end(child, 5000))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`bench/events/program.ts ended with ${String(code)}`)
  })
  const [figures] = (await Promise.race([once(child, 'message'), ended])) as [Figures[Name]]
  await ended.catch(() => undefined)
  forget()
  await stage.discard(data)
  return figures
}

async function startBroker({ files }: Stage): Promise<Broker> {
  await ensurePrograms(['rabbitmq'])
  const rabbitmq = await startRabbitmq({ dir: join(files, 'events-rabbitmq') })
  onStop(() => rabbitmq.kill())
  return { RABBITMQ_URL: rabbitmq.url }
}

/** RabbitMQ has the other core to itself, as if it were on another machine than MariaDB. */
async function publishing({ stage }: Setting, broker: () => Promise<Broker>): Promise<Part> {
  const env = await broker()
  const move = (cores: string) => run('taskset', 'taskset', ['-a', '-c', '-p', cores, String(stage.stores.mariadb)])
  await move(SERVER_CORE)
  const figures = await measure(stage, 'publishing', env)
  await move(OTHER_CORES)
  return reportPublishing(figures)
}

/** By the name that --only takes. */
const figures: Record<string, (setting: Setting, broker: () => Promise<Broker>) => Promise<Part[]>> = {
  requests: compareRequests,
  publishing: async (setting, broker) => [await publishing(setting, broker)],
  async delays({ stage }, broker) {
    const local = await measure(stage, 'delays')
    return [reportDelays({ local, broker: await measure(stage, 'delays', await broker()) })]
  },
  local: async ({ stage }) => [{ targets: [], tables: [localTable(await measure(stage, 'local'))] }],
  memory: async ({ stage }, broker) => [reportMemory(await measure(stage, 'memory', await broker()))],
}

export const events: Measure = async (setting) => {
  const { only, note, stage } = setting
  const unknown = only.filter((name) => !(name in figures))
  if (unknown.length > 0)
    throw new Failure(`Unknown: --only ${unknown.join(', ')}. Available: ${Object.keys(figures).join(', ')}.`)
  let starting: Promise<Broker> | null = null
  const broker = () => (starting ??= startBroker(stage))
  const parts: Part[] = []
  for (const [name, measureAll] of Object.entries(figures)) {
    if (only.length > 0 && !only.includes(name)) continue
    note(name)
    parts.push(...(await measureAll(setting, broker)))
  }
  return { targets: parts.flatMap(({ targets }) => targets), tables: parts.flatMap(({ tables }) => tables) }
}

// Idle connections, as of users who have a form open and do not type.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { end, exit, spawn } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { node } from '../../tools/launch/paths.mjs'
import { people } from '../load/names.ts'
import { check } from '../load/request-bodies.ts'
import { steady } from '../load/steady.ts'
import { median, percentile, ratio, spread, times, whole } from '../report/statistics.ts'
import { claim } from '../stage/owners.ts'
import { memoryBytes } from '../stage/usage.ts'
import type { Measure } from './part.ts'

const CONNECTIONS = 18_000
const FILES = 20_000
const CHECKS_A_SECOND = 500

const crowdFile = fileURLToPath(new URL('../load/crowd.ts', import.meta.url))

async function gather(url: string) {
  const command = ['prlimit', `--nofile=${FILES}`, node, crowdFile, url, String(CONNECTIONS)]
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] })
  const forget = onStop(() => end(child, 1000))
  await Promise.race([
    once(child.stdout!, 'data'),
    exit(child).then(() => Promise.reject(new Error('The idle connections could not be opened.'))),
  ])
  return async () => {
    if (child.exitCode !== null) throw new Error('An idle connection was closed while it was measured.')
    await end(child, 5000)
    forget()
  }
}

export const idle: Measure = async ({ stage, note, rounds, seconds }) => {
  const data = await stage.data()
  const taken = people(1000)
  await claim(data.database, taken)
  const postern = await stage.postern(data, { files: FILES })
  let next = 0
  const body = () => `${check.before}${taken[next++ % taken.length] ?? ''}${check.after}`
  const checks = async () => {
    const all = await steady({ url: postern.url, perSecond: CHECKS_A_SECOND, seconds, body })
    return { p50: percentile(all, 50), p99: percentile(all, 99) }
  }
  await checks()

  const alone: Awaited<ReturnType<typeof checks>>[] = []
  const crowded: typeof alone = []
  let bytes = NaN
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}, alone`)
    alone.push(await checks())
    note(`round ${round} of ${rounds}, ${whole(CONNECTIONS)} idle connections`)
    const before = memoryBytes(postern.pid).resident
    const leave = await gather(postern.url)
    // Later rounds reuse the memory of the first one.
    if (round === 1) bytes = memoryBytes(postern.pid).resident - before
    crowded.push(await checks())
    await leave()
  }
  await postern.stop()
  await stage.discard(data)

  const to = ratio(
    crowded.map(({ p99 }) => p99),
    alone.map(({ p99 }) => p99),
  )
  const each = `${(bytes / CONNECTIONS / 1024).toFixed(1)} KiB`
  const row = (title: string, all: typeof alone) => [
    title,
    median(all.map(({ p50 }) => p50)).toFixed(2),
    median(all.map(({ p99 }) => p99)).toFixed(2),
  ]
  return {
    targets: [
      {
        what: '18,000 idle keep-alive connections: memory per connection',
        goal: 'report',
        measured: each,
        spread: '',
        reached: null,
      },
      {
        what: '… p99 of active connections, against no idle ones',
        goal: 'report',
        measured: times(to.value),
        spread: spread(to),
        reached: null,
      },
    ],
    tables: [
      {
        title: `${CHECKS_A_SECOND} checks per second`,
        columns: ['', 'p50 ms', 'p99 ms'],
        rows: [row('no idle connection', alone), row(`${whole(CONNECTIONS)} idle connections`, crowded)],
        notes: [
          `Memory is the growth of the process while the first ${whole(CONNECTIONS)} connected and sent one request each; kernel memory is not included.`,
        ],
      },
    ],
  }
}

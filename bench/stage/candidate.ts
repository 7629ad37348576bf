// A server under test: its own process, pinned to the core of the servers.
import { end, exit, hasEnded, spawn } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import { freePort } from '../../tools/launch/ports.mjs'
import { until } from './until.ts'
import { SERVER_CORE } from './cores.ts'

export interface Candidate {
  name: string
  /** Where checks are posted to. */
  url: string
  pid: number
  stop(): Promise<void>
}

interface Program {
  name: string
  /** Below the checkout, or absolute. */
  file: string
  /** The checkout, if it is another one than this. */
  folder?: string
  env: Record<string, string>
  /** Options of node. */
  options?: string[]
  path?: string
  /** May open this many files, if that is more than usual. */
  files?: number
}

/** What npm and this program were started with is no part of production. */
const system = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LANG: 'C.UTF-8' }

/** Starts it as in production and waits until it takes connections. */
export async function startCandidate({
  name,
  file,
  folder = root,
  env,
  options = [],
  path = '/graphql',
  files,
}: Program): Promise<Candidate> {
  const port = await freePort()
  const limit = files === undefined ? [] : ['prlimit', `--nofile=${files}`]
  const command = [...limit, 'taskset', '-c', SERVER_CORE, node, ...options, file]
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: folder,
    // Its log lines are written as in production, and go nowhere.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...system, NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), ...env },
  })
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)))
  const forget = onStop(() => end(child, 5000))
  const url = `http://127.0.0.1:${port}${path}`
  await until(`${name} takes connections`, async () => {
    if (hasEnded(child)) throw new Error(`${name} has ended.\n${complaint}`)
    return fetch(url).then(
      (answer) => answer.arrayBuffer().then(() => true),
      () => false,
    )
  })
  return {
    name,
    url,
    pid: child.pid ?? 0,
    async stop() {
      await end(child, 15_000)
      await exit(child)
      forget()
    },
  }
}

// Starts a server under test: its own process, pinned to the core of the servers.
import { connect } from 'node:net'
import { end, exit, hasEnded, spawn } from '../../tools/launch/children.mjs'
import { onStop } from '../../tools/launch/lifetime.mjs'
import { node, root } from '../../tools/launch/paths.mjs'
import { freePort } from '../../tools/launch/ports.mjs'
import { until } from './until.ts'
import { SERVER_CORE } from './cores.ts'

export interface Candidate {
  name: string
  /** The GraphQL endpoint. */
  url: string
  pid: number
  stop(): Promise<void>
}

interface Program {
  name: string
  /** Relative to `folder`, or absolute. */
  file: string
  /** Another checkout. By default this one. */
  folder?: string
  env: Record<string, string>
  /** Options for node. */
  options?: string[]
  path?: string
  /** The variable for its port. By default PORT. */
  portVariable?: string
  /** The limit of open files. By default the one of the system. */
  files?: number
  /** By default the core of the servers under test. */
  cores?: string
  /** By default, whether it answers HTTP. */
  isUp?: (url: string) => Promise<boolean>
}

const answersHttp = (url: string): Promise<boolean> =>
  fetch(url).then(
    (answer) => answer.arrayBuffer().then(() => true),
    () => false,
  )

export function acceptsConnections(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port) })
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}

/** Only these variables. Those of npm and of this program are not part of production. */
const system = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', LANG: 'C.UTF-8' }

/** So many calls an hour that no benchmark reaches a limit, but every call is counted as in production. */
const UNREACHED = '900000000/3600'
const limits = {
  RATE_LIMIT_REGISTER: UNREACHED,
  RATE_LIMIT_REFRESH_TOKEN: UNREACHED,
  RATE_LIMIT_UPDATE_PROFILE: UNREACHED,
  RATE_LIMIT_CHANGE_PASSWORD: UNREACHED,
  RATE_LIMIT_UPDATE_PASSWORD: UNREACHED,
  RATE_LIMIT_DELETE_ACCOUNT: UNREACHED,
  RATE_LIMIT_VERIFY_MFA: UNREACHED,
  RATE_LIMIT_INITIATE_OAUTH: UNREACHED,
  RATE_LIMIT_COMPLETE_OAUTH: UNREACHED,
  RATE_LIMIT_CHECK_USERNAME_AVAILABILITY: `900000000/1,${UNREACHED}`,
  RATE_LIMIT_ADDRESS: UNREACHED,
}

/** Starts a server as in production, and waits until it accepts connections. */
export async function startCandidate({
  name,
  file,
  folder = root,
  env,
  options = [],
  path = '/graphql',
  portVariable = 'PORT',
  files,
  cores = SERVER_CORE,
  isUp = answersHttp,
}: Program): Promise<Candidate> {
  const port = await freePort()
  const limit = files === undefined ? [] : ['prlimit', `--nofile=${files}`]
  const command = [...limit, 'taskset', '-c', cores, node, ...options, file]
  const child = spawn(command[0] ?? '', command.slice(1), {
    cwd: folder,
    // Log lines are written as in production, and discarded.
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...system, ...limits, NODE_ENV: 'production', HOST: '127.0.0.1', [portVariable]: String(port), ...env },
  })
  let errorOutput = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errorOutput = (errorOutput + text).slice(-2000)))
  const forget = onStop(() => end(child, 5000))
  const url = `http://127.0.0.1:${port}${path}`
  await until(`${name} accepts connections`, async () => {
    if (hasEnded(child)) throw new Error(`${name} has ended.\n${errorOutput}`)
    return isUp(url)
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

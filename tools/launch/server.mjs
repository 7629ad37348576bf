// What the private MariaDB, Redis and RabbitMQ share: one process, one port on loopback, started, stopped, killed.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { end, exit, hasEnded, indent, signal, spawn } from './children.mjs'
import { Failure, assertNotStopping, onStop } from './lifetime.mjs'
import { freePort, lastingPort, portProblem, rememberPort, rememberedPort } from './ports.mjs'

/** How long a server may take to start, to end after SIGTERM, and to answer. */
const START_MS = 60_000
const END_MS = 20_000
const ANSWER_MS = 1000

/**
 * @typedef {object} Server
 * @property {string} url
 * @property {number} port
 * @property {() => number | undefined} pid
 * @property {() => Promise<void>} stop ends it cleanly, without loss of data
 * @property {() => Promise<void>} kill ends it as a power cut would
 * @property {() => Promise<void>} restart stops it if it runs, and starts it again on its old port
 * @property {(listener: () => void) => void} onDeath called when it ends without being stopped
 */

/**
 * @typedef {object} Kind
 * @property {string} title
 * @property {(port: number) => { command: string, args: string[], cwd: string, env?: NodeJS.ProcessEnv }} commandLine
 * @property {(port: number) => Promise<boolean>} answers
 * @property {(port: number) => string} url
 * @property {string} log
 */

/**
 * Which port: `port`, else the one in `portFile`, which is written at the first start, else any free one.
 * @typedef {object} PortChoice
 * @property {number} [port]
 * @property {string} [portFile]
 * @property {(taken: number) => void} [onTaken] called when another program has the port of `portFile`
 */

/**
 * @param {Kind} kind @param {PortChoice} choice
 * @returns {Promise<Server>}
 */
export async function startServer(kind, { port: fixedPort, portFile, onTaken }) {
  const remembered = portFile === undefined ? undefined : rememberedPort(portFile)
  let port = fixedPort ?? (await usable(remembered)) ?? (await (portFile ? lastingPort() : freePort()))
  let running = await launch(kind, port)
  // Another program may take a free port before the server does, and may have it for a moment only.
  for (let attempt = 1; running === 'port taken'; attempt++) {
    if (fixedPort !== undefined || attempt === 5) throw new Failure(`Port ${port}, for ${kind.title}, is taken.`)
    port = (attempt === 1 && port === remembered ? await usable(port) : undefined) ?? (await freePort())
    running = await launch(kind, port)
  }
  if (remembered !== undefined && port !== remembered) onTaken?.(remembered)
  if (portFile !== undefined) rememberPort(portFile, port)
  let current = running
  /** @type {() => void} */
  let onDeath = () => {}
  watch()

  function watch() {
    const watched = current
    void exit(watched.child).then(() => watched.ending() || onDeath())
  }
  return {
    url: kind.url(port),
    port,
    pid: () => current.child.pid,
    stop: () => current.stop(),
    kill: () => current.kill(),
    async restart() {
      await current.stop()
      const again = await launch(kind, port)
      if (again === 'port taken') throw new Failure(`Port ${port}, for ${kind.title}, is taken.`)
      current = again
      watch()
    },
    onDeath: (listener) => void (onDeath = listener),
  }
}

/** @param {number | undefined} port */
const usable = async (port) =>
  port === undefined || (await portProblem(port, '127.0.0.1')) === undefined ? port : undefined

/** @param {Kind} kind @param {number} port */
async function launch(kind, port) {
  writeFileSync(kind.log, '', { flag: 'a', mode: 0o600 })
  const before = readFileSync(kind.log).length
  const { command, args, ...options } = kind.commandLine(port)
  const child = spawn(command, args, options)
  let ending = false
  const ready = waitUntilReady()
  const forget = onStop(stop)

  async function stop() {
    ending = true
    // A SIGTERM during its start can make MariaDB hang forever.
    await ready
    await end(child, END_MS)
    forget()
  }
  async function kill() {
    ending = true
    if (!hasEnded(child)) signal(child, 'SIGKILL')
    await exit(child)
    forget()
  }
  async function waitUntilReady() {
    for (const giveUp = Date.now() + START_MS; Date.now() < giveUp && !hasEnded(child); await pause(20)) {
      if (await kind.answers(port)) return true
    }
    return false
  }

  if (await ready) {
    assertNotStopping()
    return { child, stop, kill, ending: () => ending }
  }
  if (!ending) await kill()
  assertNotStopping()
  const log = readFileSync(kind.log).subarray(before).toString()
  if (/Address already in use|eaddrinuse/i.test(log)) return /** @type {const} */ ('port taken')
  throw new Failure(
    `${kind.title} did not start. The end of its log:\n\n${indent(log.split('\n').slice(-15).join('\n'))}`,
  )
}

/**
 * The first bytes that a server sends, after `words` if there are some. Empty if none come within a second.
 * @param {number} port @param {string} [words] @returns {Promise<Buffer>}
 */
export function firstAnswer(port, words) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => words && socket.write(words))
    const settle = (/** @type {Buffer} */ heard) => {
      socket.destroy()
      resolve(heard)
    }
    socket.setTimeout(ANSWER_MS, () => settle(Buffer.alloc(0)))
    socket.once('data', settle)
    socket.once('error', () => settle(Buffer.alloc(0)))
    socket.once('close', () => settle(Buffer.alloc(0)))
  })
}

/** A folder that only its owner can open. @param {string} folder */
export function makePrivate(folder) {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

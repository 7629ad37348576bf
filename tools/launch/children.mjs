// Child processes. Each has its own session, so that Ctrl-C reaches only the launcher, which then stops the others in
// order. Where the kernel supports it, they get a SIGTERM when the launcher is killed.
import { spawn as nodeSpawn, spawnSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure, assertNotStopping, hurry, onStop } from './lifetime.mjs'

/** How long a command may take to end after SIGTERM. */
const COMMAND_END_MS = 5000

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{ cwd?: string, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions }} SpawnOptions */

/** @type {string[] | undefined} */
let leash
function dieWithUs() {
  leash ??=
    spawnSync('setpriv', ['--pdeathsig', 'clear', 'true'], { stdio: 'ignore' }).status === 0
      ? ['setpriv', '--pdeathsig', 'TERM', '--']
      : []
  return leash
}

/**
 * @param {string} command @param {string[]} args @param {SpawnOptions & { outliveUs?: boolean }} [options]
 */
export function spawn(command, args, { outliveUs = false, ...options } = {}) {
  assertNotStopping()
  const [program = command, ...rest] = [...(outliveUs ? [] : dieWithUs()), command, ...args]
  return nodeSpawn(program, rest, { stdio: 'ignore', ...options, detached: true })
}

/** @param {ChildProcess} child */
export const hasEnded = (child) => child.exitCode !== null || child.signalCode !== null || child.pid === undefined

/** Settles when the process has ended. @param {ChildProcess} child @returns {Promise<void>} */
export function exit(child) {
  if (hasEnded(child)) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** Signals the whole process group, with the children of a tool. @param {ChildProcess} child @param {NodeJS.Signals} name */
export function signal(child, name) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name)
  } catch {
    // It has ended already.
  }
}

/**
 * Sends SIGTERM, and SIGKILL when the process has not ended in time or after a second Ctrl-C.
 * @param {ChildProcess} child @param {number} milliseconds
 */
export async function end(child, milliseconds) {
  if (hasEnded(child)) return
  signal(child, 'SIGTERM')
  // A stopped process handles no signal before it continues.
  signal(child, 'SIGCONT')
  const timer = new AbortController()
  const patience = pause(milliseconds, undefined, { signal: AbortSignal.any([hurry.signal, timer.signal]) })
  await Promise.race([exit(child), patience.catch(() => {})])
  timer.abort()
  signal(child, 'SIGKILL')
  await exit(child)
}

/** A command that ended with an exit code other than 0. */
export class CommandFailed extends Failure {
  /** @param {string} name @param {number} code @param {string} output */
  constructor(name, code, output) {
    super(`${name} failed.\n\n${indent(shorten(output.trim().split('\n')).join('\n'))}`)
    this.code = code
    this.output = output
  }
}

/** The important lines are at the beginning or at the end. @param {string[]} lines */
const shorten = (lines) => (lines.length <= 50 ? lines : [...lines.slice(0, 20), '…', ...lines.slice(-30)])

/** @param {string} text */
export const indent = (text) => text.replace(/^(?=.)/gm, '    ')

/**
 * Runs a command to its end and returns its output. It is stopped with everything else.
 * @param {string} name what to call it in a message
 * @param {string} command @param {string[]} args
 * @param {SpawnOptions & { passThrough?: boolean, finishOnStop?: boolean }} [options] finishOnStop: wait for it
 *   rather than abort it, as for a package manager
 */
export async function run(name, command, args, { passThrough = false, finishOnStop = false, ...options } = {}) {
  const stdio = passThrough ? /** @type {const} */ (['ignore', 'inherit', 'inherit']) : ['ignore', 'pipe', 'pipe']
  const child = spawn(command, args, { stdio: /** @type {any} */ (stdio), outliveUs: finishOnStop, ...options })
  const forget = onStop(() => (finishOnStop ? exit(child) : end(child, COMMAND_END_MS)))
  // Ends what the command leaves behind in its group, such as the service of a failed test.
  if (!finishOnStop) child.once('exit', () => signal(child, 'SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk) => (output = (output + chunk).slice(-100_000)))
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Failure(`${name} cannot be run: ${error.message}`)))
    child.once('close', (status) => resolve(status ?? 1))
  }).finally(forget)
  assertNotStopping()
  if (code !== 0) throw new CommandFailed(name, code, output)
  return output
}

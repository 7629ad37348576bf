// Runs a command, and stops everything it started when it finishes, fails or gets a signal.
import { Failure, Stopped, hurry, stopEverything } from './lifetime.mjs'
import { nameOf, parentOf } from './process-table.mjs'
import { quiet, red, say } from './progress.mjs'

/** @type {Record<string, number>} */
const numbers = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 }

/** A second signal that follows sooner is the same Ctrl-C: the terminal also sends it to npm, which forwards it. */
const SAME_CTRL_C_MS = 1000
const NPM_CHECK_MS = 250

/**
 * @param {() => Promise<number | void>} work returns the exit code
 * @param {{ onSignal?: (signal: string) => number | void }} [options] can return another exit code for an end by signal
 */
export async function main(work, { onSignal } = {}) {
  let ending = false
  /** @param {string} signal */
  async function endBySignal(signal) {
    ending = true
    quiet()
    say('\n  Stopping.')
    const code = onSignal?.(signal) ?? 128 + (numbers[signal] ?? 0)
    await stopEverything()
    process.exit(code)
  }
  listen((signal) => void endBySignal(signal))

  let code
  try {
    code = (await work()) ?? 0
  } catch (error) {
    // A failure caused by the stop needs no message.
    if (ending || error instanceof Stopped) return
    quiet()
    report(error)
    code = error instanceof Failure ? error.exitCode : 1
  }
  if (ending) return
  await stopEverything()
  process.exit(code)
}

/** @param {unknown} error */
function report(error) {
  const text =
    error instanceof Failure ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`\n${red('✘')} ${text}\n\n`)
}

/** @param {(signal: string) => void} end */
function listen(end) {
  let first = 0
  /** @param {string} signal */
  const handle = (signal) => {
    if (first === 0) {
      first = Date.now()
      end(signal)
    } else if (Date.now() - first > SAME_CTRL_C_MS) {
      hurry.abort()
    }
  }
  for (const signal of Object.keys(numbers)) process.on(signal, () => handle(signal))
  watchNpm(() => first === 0 && handle('SIGHUP'))
}

/**
 * A killed npm sends no signal, but this process gets another parent. There may be a shell between npm and this process.
 * Without npm, a process may lose its parent on purpose.
 * @param {() => void} onDeath
 */
function watchNpm(onDeath) {
  if (!process.env['npm_lifecycle_event']) return
  const parent = process.ppid
  const shell = /^(sh|dash|bash)$/.test(nameOf(parent)) ? parentOf(parent) : undefined
  const timer = setInterval(() => {
    if (process.ppid === parent && (shell === undefined || parentOf(parent) === shell)) return
    clearInterval(timer)
    onDeath()
  }, NPM_CHECK_MS).unref()
}

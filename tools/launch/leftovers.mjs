// Finds and ends processes that a killed `npm start` left running. A process id in a file proves nothing, because the
// system reuses ids. So this inspects the processes themselves.
import { basename, sep } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from './lifetime.mjs'
import { processes, startedAt, variableOf } from './process-table.mjs'

/** This variable marks a service that was started from a checkout. @param {string} folder */
export const mark = (folder) => ({ POSTERN_STARTED_FROM: folder })

/** How long each may take to end after SIGTERM, and after SIGKILL. */
const SERVICE_END_MS = 2000
const SERVER_END_MS = 15_000
const KILL_MS = 5000

const servers = new Set(['mariadbd', 'redis-server', 'beam.smp', 'epmd'])

/**
 * The working folder of a server is its data folder. An epmd that RabbitMQ has started works in /, but has its home folder.
 * Where neither is visible, the command line names the folder.
 * @param {string} folder @returns {(process: import('./process-table.mjs').Process) => boolean}
 */
function isServerIn(folder) {
  const isIn = (/** @type {string} */ path) => path === folder || path.startsWith(folder + sep)
  return ({ pid, command, cwd }) =>
    cwd
      ? servers.has(command) && (isIn(cwd) || isIn(variableOf(pid, 'HOME')))
      : servers.has(basename(command.split(' ')[0] ?? '')) && command.includes(folder + sep)
}

/** @param {number} pid @param {NodeJS.Signals[]} signals */
function signalAll(pid, ...signals) {
  try {
    for (const signal of signals) process.kill(pid, signal)
  } catch {
    // It has just ended.
  }
}

/** @param {import('./process-table.mjs').Process[]} list @param {number} milliseconds */
async function endAll(list, milliseconds) {
  const begun = list.map(({ pid }) => ({ pid, started: startedAt(pid) }))
  const running = () => begun.filter(({ pid, started }) => started !== '' && startedAt(pid) === started)
  // A stopped process handles no signal before it continues.
  for (const { pid } of running()) signalAll(pid, 'SIGTERM', 'SIGCONT')
  for (const giveUp = Date.now() + milliseconds; running().length > 0 && Date.now() < giveUp;) await pause(20)
  for (const { pid } of running()) signalAll(pid, 'SIGKILL')
  for (const giveUp = Date.now() + KILL_MS; running().length > 0; await pause(20)) {
    if (Date.now() > giveUp)
      throw new Failure(`Process ${running()[0]?.pid}, left running by an earlier start, does not end.`)
  }
}

/**
 * Ends the service, then the servers that were started with this folder. Returns how many there were.
 * @param {string} folder
 */
export async function endLeftovers(folder) {
  const all = processes().filter(({ pid }) => pid !== process.pid)
  const [name, value] = Object.entries(mark(folder))[0] ?? []
  const services = all.filter(({ pid }) => variableOf(pid, name ?? '') === value)
  const databases = all.filter(isServerIn(folder))
  await endAll(services, SERVICE_END_MS)
  await endAll(databases, SERVER_END_MS)
  return services.length + databases.length
}

// Postern, a worker, the gateway, and the services beside Postern: the JSON log of each goes to a file, and in a form for
// people to the terminal.
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { end, exit, indent, spawn } from './children.mjs'
import { gatewaySettings, gatewayUrl } from './gateway.mjs'
import { isServing } from './grpc-health.mjs'
import { mark } from './leftovers.mjs'
import { Failure, assertNotStopping, onStop } from './lifetime.mjs'
import { freePort } from './ports.mjs'
import { inRoot, keep, node, root } from './paths.mjs'
import { prettyLine } from './pretty-log.mjs'
import { say } from './progress.mjs'
import { grpcPort, serviceSettings } from './services.mjs'

/** The folder of all logs. */
export const logs = join(keep, 'log')
const LOG_BYTES = 10_000_000
/** Longer than SHUTDOWN_TIMEOUT, after which the service closes what is still open. */
const END_MS = 12_000
/** A worker finishes the events that it holds. */
const WORKER_END_MS = 45_000
const READY_POLL_MS = 30
const READY_TIMEOUT_MS = 2000
const LOG_POLL_MS = 300

/** @param {string} file */
function openLog(file) {
  if (existsSync(file) && statSync(file).size > LOG_BYTES) renameSync(file, `${file}.1`)
  return openSync(file, 'a+', 0o600)
}

/** Reads what was written since the last call, whole lines only. @param {number} log */
function follow(log) {
  let position = fstatSync(log).size
  return () => {
    const fresh = Buffer.alloc(Math.min(fstatSync(log).size - position, 1_000_000))
    const text = fresh.subarray(0, readSync(log, fresh, 0, fresh.length, position))
    const whole = text.subarray(0, text.lastIndexOf(10) + 1)
    position += whole.length
    return whole.toString().split('\n')
  }
}

/**
 * Starts the service and waits until it is ready.
 * @param {NodeJS.ProcessEnv} settings @param {string} url where it will answer
 */
export const startService = (settings, url) =>
  startProcess('service', 'dist/main.js', settings, () => answersOk(`${url}/health/ready`), END_MS)

/** Starts a worker and waits until it is ready. @param {NodeJS.ProcessEnv} settings of the service */
export async function startWorker(settings) {
  const PORT = `${await freePort()}`
  const worker = { ...settings, ROLE: 'worker', HOST: '127.0.0.1', PORT, METRICS_PORT: '' }
  const isReady = () => answersOk(`http://127.0.0.1:${PORT}/health/ready`)
  return startProcess('worker', 'dist/main.js', worker, isReady, WORKER_END_MS)
}

/** Starts the gateway and waits until it is ready. @param {NodeJS.ProcessEnv} settings of the service */
export const startGateway = (settings) =>
  startProcess(
    'gateway',
    'services/gateway/dist/main.js',
    { ...settings, ...gatewaySettings(settings) },
    () => answersOk(`${gatewayUrl(settings)}/readyz`),
    END_MS,
  )

/**
 * Starts a service beside Postern and waits until it is ready.
 * @param {import('./services.mjs').ServiceProgram} service @param {NodeJS.ProcessEnv} settings of Postern
 */
export function startBeside(service, settings) {
  const own = serviceSettings(service.name, settings)
  // It also finishes the events that it holds.
  return startProcess(service.name, service.program, own, () => isServing(grpcPort(service, own)), WORKER_END_MS)
}

/**
 * @param {string} name @param {string} program @param {NodeJS.ProcessEnv} settings
 * @param {() => Promise<boolean>} isReady @param {number} endMs
 */
async function startProcess(name, program, settings, isReady, endMs) {
  const file = join(logs, `${name}.log`)
  const log = openLog(file)
  const news = follow(log)
  const child = spawn(node, [inRoot(program)], {
    cwd: root,
    env: { ...settings, ...mark(keep) },
    stdio: ['ignore', log, log],
  })
  const report = () => {
    for (const line of news().map(prettyLine)) if (line) say(line)
  }
  let stopped = false
  const forget = onStop(stop)
  async function stop() {
    stopped = true
    await end(child, endMs)
    report()
    forget()
  }
  const dead = exit(child)
  let isDead = false
  void dead.then(() => (isDead = true))

  while (!(await isReady())) {
    if (isDead) break
    await pause(READY_POLL_MS)
  }
  assertNotStopping()
  if (isDead) {
    const failure = died(name, child, news)
    forget()
    closeSync(log)
    throw failure
  }
  const timer = setInterval(report, LOG_POLL_MS).unref()
  const death = dead.then(() => {
    clearInterval(timer)
    const failure = stopped ? undefined : died(name, child, news)
    // Later, since stop() reads the log once more.
    setImmediate(() => closeSync(log))
    if (failure) throw failure
  })
  death.catch(() => {})
  return {
    log: file,
    stop,
    /** Resolves when the service was stopped, rejects when it ended without that. */
    death,
  }
}

/** @param {string} name @param {import('node:child_process').ChildProcess} child @param {() => string[]} news */
function died(name, child, news) {
  const lines = news()
    .filter(Boolean)
    .map((line) => prettyLine(line).trim() || line)
  const how = child.signalCode ? `was ended by ${child.signalCode}` : `ended with exit code ${child.exitCode}`
  return new Failure(`The ${name} ${how}.\n\n${indent(lines.slice(-20).join('\n'))}`)
}

/** @param {string} url */
async function answersOk(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

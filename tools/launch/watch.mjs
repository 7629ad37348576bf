// Detects changes of the sources of Postern, and of the services beside it if they run.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { root } from './paths.mjs'

/**
 * The sources are polled: the recursive fs.watch of Node.js 20 loses a file once an editor or git has replaced it by a
 * rename.
 */
const POLL_MS = 300
/** Editors and git write several files at once. */
const QUIET_MS = 100

/** @typedef {readonly { name: string }[]} Beside the services beside Postern that run */

/** @param {string} base @param {Beside} beside */
function watched(base, beside) {
  const packages = readdirSync(join(base, 'packages')).map((name) => `packages/${name}/src`)
  const services = beside.flatMap(({ name }) =>
    ['src', 'prisma', 'templates'].map((folder) => `services/${name}/${folder}`),
  )
  return ['src', ...packages, 'packages/delivery/mail-templates', ...services, 'proto', 'web', 'prisma', 'tools/build']
    .map((path) => join(base, path))
    .filter((path) => existsSync(path))
}

/** Not what the build writes, nor installed packages, nor temporary files of editors. @param {string} name */
const isSource = (name) => !/^(?:generated|node_modules|dist|\..*)$|~$/.test(name)

/** Everything at and below a path, one line each. @param {string} path @param {string[]} lines */
function describe(path, lines) {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (!stats) return
  if (!stats.isDirectory()) return void lines.push(`${path} ${stats.ino} ${stats.size} ${stats.mtimeMs}`)
  for (const name of namesIn(path)) if (isSource(name)) describe(join(path, name), lines)
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return readdirSync(folder)
  } catch {
    // It was deleted a moment ago.
    return []
  }
}

/** The same text as long as no source changes. @param {string} base @param {Beside} beside */
function snapshot(base, beside) {
  /** @type {string[]} */
  const lines = []
  for (const path of watched(base, beside)) describe(path, lines)
  return lines.join('\n')
}

/** @param {string} [base] the checkout @param {Beside} [beside] */
export function watchSources(base = root, beside = []) {
  let seen = snapshot(base, beside)

  return {
    /** Resolves when something has changed since the last call, and no further changes follow. */
    async change() {
      let now = snapshot(base, beside)
      while (now === seen) {
        await pause(POLL_MS)
        now = snapshot(base, beside)
      }
      do {
        seen = now
        await pause(QUIET_MS)
        now = snapshot(base, beside)
      } while (now !== seen)
    },
  }
}

// Installs the dependencies of a package when node_modules does not match its package-lock.json: all of them, or without
// those that only tests and checks need.
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CommandFailed, run } from './children.mjs'
import { findExecutable, systemPath } from './executables.mjs'
import { Failure } from './lifetime.mjs'
import { lock } from './lock.mjs'
import { isNodePackaged, keep, node, root } from './paths.mjs'

/**
 * What it is installed for: `running` the service, without devDependencies, or `everything`.
 * @typedef {import('./build.mjs').Purpose} Purpose
 */

/** @param {string} folder */
const stampIn = (folder) => join(folder, 'node_modules/.postern-installed')

/** @param {string} file @returns {Record<string, { version?: string, integrity?: string, optional?: boolean, dev?: boolean }>} */
const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {}

/**
 * One value for everything that node_modules depends on: the lockfile, each package.json, and the kind of machine.
 * @param {string} folder
 */
function wanted(folder) {
  const workspaces = Object.keys(packagesIn(join(folder, 'package-lock.json'))).filter(
    (path) => !path.includes('node_modules/'),
  )
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['package-lock.json', ...workspaces.map((path) => join(path, 'package.json'))]) {
    if (existsSync(join(folder, file))) hash.update(`\0${file}\0`).update(readFileSync(join(folder, file)))
  }
  return hash.digest('hex')
}

function nodeWorks() {
  try {
    accessSync(node, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** What the last installation here was for, and the hash of what it installed. @param {string} folder */
function lastInstallation(folder) {
  const [purpose = '', hash = ''] = existsSync(stampIn(folder)) ? readFileSync(stampIn(folder), 'utf8').split(' ') : []
  return { purpose, hash }
}

/** @param {string} folder @param {string} hash @param {Purpose} purpose */
function isInstalled(folder, hash, purpose) {
  const last = lastInstallation(folder)
  return last.hash === hash && ['everything', purpose].includes(last.purpose) && nodeWorks()
}

/**
 * Whether node_modules, installed by a call of npm, already matches the lockfile. npm writes its record last, so an
 * aborted installation has none.
 * @param {string} folder @param {Purpose} purpose
 */
function installedByHand(folder, purpose) {
  const record = join(folder, 'node_modules/.package-lock.json')
  if (!existsSync(record) || !nodeWorks()) return false
  const installed = packagesIn(record)
  return Object.entries(packagesIn(join(folder, 'package-lock.json'))).every(
    ([path, { version, integrity, optional, dev }]) => {
      const found = installed[path]
      if (!found) return optional || !path.includes('node_modules/') || (dev && purpose === 'running')
      return found.version === version && found.integrity === integrity
    },
  )
}

/** Only where package-lock.json has no Node.js for this machine. */
function refuseOldNode() {
  if (isNodePackaged) return
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const oldest = engines.node.replace('>=', '')
  if (process.versions.node.localeCompare(oldest, 'en', { numeric: true }) >= 0) return
  throw new Failure(
    `Postern needs Node.js ${oldest} or later. This is Node.js ${process.versions.node}, and for ` +
      `${process.platform} on ${process.arch} no newer one is in package-lock.json.`,
  )
}

/**
 * @param {(text: string) => void} note
 * @param {string} [folder] the checkout when not given
 * @param {Purpose} [purpose] of the checkout's dependencies. Once everything is installed, it stays so.
 */
export async function installDependencies(note, folder = root, purpose = 'everything') {
  refuseOldNode()
  const hash = wanted(folder)
  if (isInstalled(folder, hash, purpose)) return note('unchanged')

  // Each folder has its own, so that tests install their packages at the same time.
  const file = join(
    keep,
    `install${relative(root, folder)
      .replace(/\W/g, '-')
      .replace(/^(?=.)/, '-')}.lock`,
  )
  const release = await lock(file, () => note('another installation is running here'))
  try {
    if (isInstalled(folder, hash, purpose)) return note('installed by another command')
    const last = lastInstallation(folder)
    const now = last.purpose === 'everything' ? last.purpose : purpose
    if (!installedByHand(folder, now)) {
      rmSync(stampIn(folder), { force: true })
      // A service may be running on what is installed: then only add to it.
      await npmInstall(folder, now, last.hash === hash && nodeWorks() ? 'install' : 'ci', note)
    }
    writeFileSync(stampIn(folder), `${now} ${hash}`)
  } finally {
    release()
  }
}

/** @param {string} folder @param {Purpose} purpose @param {'ci' | 'install'} command @param {(text: string) => void} note */
async function npmInstall(folder, purpose, command, note) {
  if (lstatSync(join(folder, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Failure(
      'node_modules is a symbolic link and does not match package-lock.json. Install the dependencies in its target.',
    )
  }
  const npm = findNpm()
  const env = { ...process.env, PATH: systemPath(), npm_config_update_notifier: 'false' }
  // Explicit, because of NODE_ENV=production and of npm's configuration.
  const group = purpose === 'running' ? '--omit=dev' : '--include=dev'
  const args = [command, group, '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  // Changes no file but node_modules.
  if (command === 'install') args.push('--no-save')
  note(`npm ${command}${purpose === 'running' ? ' --omit=dev' : ''}`)
  try {
    await run(`npm ${command}`, npm, args, { cwd: folder, env })
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    throw new Failure(`The dependencies could not be installed. ${error.message}`)
  }
  if (!nodeWorks()) {
    throw new Failure(
      `npm ${command} succeeded, but ${relative(root, node)} is missing. It is in the optional dependency for this machine.`,
    )
  }
}

function findNpm() {
  const npm = findExecutable('npm')
  if (!npm) throw new Failure('npm is not on the PATH.')
  return npm
}

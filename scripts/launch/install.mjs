// The locked dependencies, installed when they are not what package-lock.json says.
import { createHash } from 'node:crypto'
import { accessSync, constants, existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, run } from './children.mjs'
import { findExecutable, systemPath } from './executables.mjs'
import { Failure } from './lifetime.mjs'
import { lock } from './lock.mjs'
import { inRoot, keep, node, root } from './paths.mjs'

const stamp = inRoot('node_modules/.postern-installed')

/** @param {string} file @returns {Record<string, { version?: string, integrity?: string, optional?: boolean }>} */
const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages ?? {}

/** What decides about node_modules: the lockfile, each package.json it was made from, and the kind of machine. */
function wanted() {
  const workspaces = Object.keys(packagesIn(inRoot('package-lock.json'))).filter(
    (path) => !path.includes('node_modules/'),
  )
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of ['package-lock.json', ...workspaces.map((path) => join(path, 'package.json'))]) {
    if (existsSync(inRoot(file))) hash.update(`\0${file}\0`).update(readFileSync(inRoot(file)))
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

/** @param {string} hash */
const isInstalled = (hash) => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash && nodeWorks()

/**
 * Whether somebody has just run npm by hand and left what the lockfile asks for. npm writes its own record into
 * node_modules as the last thing it does, so a broken-off installation has none.
 */
function installedByHand() {
  const record = inRoot('node_modules/.package-lock.json')
  if (!existsSync(record) || !nodeWorks()) return false
  const installed = packagesIn(record)
  return Object.entries(packagesIn(inRoot('package-lock.json'))).every(([path, { version, integrity, optional }]) => {
    const found = installed[path]
    if (!found) return optional === true || !path.includes('node_modules/')
    return found.version === version && found.integrity === integrity
  })
}

/** @param {(text: string) => void} note */
export async function installDependencies(note) {
  const hash = wanted()
  if (isInstalled(hash)) return note('unchanged')

  const release = await lock(join(keep, 'install.lock'), () => note('another installation is running here'))
  try {
    if (isInstalled(hash)) return note('installed by the other one')
    if (!installedByHand()) {
      note('npm ci')
      rmSync(stamp, { force: true })
      await npmInstall()
    }
    writeFileSync(stamp, hash)
  } finally {
    release()
  }
}

async function npmInstall() {
  if (lstatSync(inRoot('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new Failure(
      'node_modules is a link to another place, and not what package-lock.json asks for. Install there.',
    )
  }
  const npm = findNpm()
  const env = { ...process.env, PATH: systemPath(), npm_config_update_notifier: 'false' }
  // A NODE_ENV of production on this machine would leave out the tools that the build needs.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
  try {
    await run('npm ci', npm, args, { cwd: root, env })
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    throw new Failure(`The dependencies could not be installed. ${error.message}`)
  }
  if (!nodeWorks()) {
    throw new Failure(
      'npm ci ended well, but node_modules/node/bin/node is missing. This project needs the install script of the ' +
        'package "node": is ignore-scripts set in an .npmrc?',
    )
  }
}

function findNpm() {
  const npm = findExecutable('npm')
  if (!npm) throw new Failure('npm is not on the PATH.')
  return npm
}

// Packages from Debian and Ubuntu, without starting system services or disturbing other installations.
import { chmodSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { CommandFailed, run } from './children.mjs'
import { findExecutable } from './executables.mjs'
import { assertNotStopping, onStop } from './lifetime.mjs'
import { holder, lock } from './lock.mjs'

const oneAtATime = '/run/postern-apt.lock'
const policy = '/usr/sbin/policy-rc.d'
const saved = `${policy}.before-postern`

/**
 * Debian runs policy-rc.d before a package starts its service. This one refuses only for the installation that sets a
 * variable, so it does no harm even if a power cut leaves it behind.
 */
const policyText = `#!/bin/sh
# Put here by Postern while it installs packages, so that they start no system service. Other installations get the
# answer of the file that was here before.
[ -n "$POSTERN_INSTALLS_PACKAGES" ] && exit 101
[ -x ${saved} ] && exec ${saved} "$@"
exit 0
`

/** "debian", "ubuntu", or something else. */
export function distribution() {
  if (!existsSync('/etc/os-release')) return process.platform
  return /^ID="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? ''
}

export function canInstall() {
  return process.getuid?.() === 0 && /^(debian|ubuntu)$/.test(distribution()) && findExecutable('apt-get') !== undefined
}

/** @param {string} file */
const isThere = (file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined

function forbidServices() {
  const fresh = `${policy}.postern-new`
  writeFileSync(fresh, policyText)
  chmodSync(fresh, 0o755)
  if (isThere(policy)) renameSync(policy, saved)
  renameSync(fresh, policy)
}

function restorePolicy() {
  if (isThere(saved)) renameSync(saved, policy)
  else if (existsSync(policy) && readFileSync(policy, 'utf8') === policyText) rmSync(policy)
}

/** Undoes what a killed installation left behind. Cheap when there was none. */
export function healPolicy() {
  const isOurs = existsSync(policy) && readFileSync(policy, 'utf8') === policyText
  if (canInstall() && (isOurs || isThere(saved)) && !holder(oneAtATime)) restorePolicy()
}

const environment = {
  ...process.env,
  LC_ALL: 'C',
  DEBIAN_FRONTEND: 'noninteractive',
  APT_LISTCHANGES_FRONTEND: 'none',
  // Otherwise Ubuntu would restart other services after an installation.
  NEEDRESTART_SUSPEND: '1',
  POSTERN_INSTALLS_PACKAGES: '1',
}
/** How long to wait for another package manager. */
const LOCK_WAIT_SECONDS = 300
const options = [
  '-y',
  '-q',
  '-o',
  `DPkg::Lock::Timeout=${LOCK_WAIT_SECONDS}`,
  '-o',
  'Dpkg::Use-Pty=0',
  '-o',
  'Acquire::Retries=2',
]

/**
 * The option makes apt wait for dpkg's lock, but not for the locks of its lists and its archive.
 * @param {(text: string) => void} note @param {string[]} args @param {boolean} [finishOnStop]
 */
async function aptGet(note, args, finishOnStop = false) {
  const end = Date.now() + LOCK_WAIT_SECONDS * 1000
  for (;;) {
    try {
      return await run(`apt-get ${args[0]}`, 'apt-get', [...options, ...args], { env: environment, finishOnStop })
    } catch (error) {
      const held = error instanceof CommandFailed && /Could not get lock|Unable to lock/.test(error.output)
      if (!held || Date.now() > end) throw error
      note('waiting for another package manager')
      await pause(1000)
    }
  }
}

/** @param {unknown} error */
const listsAreOld = (error) =>
  error instanceof CommandFailed &&
  /Unable to locate package|no installation candidate|Failed to fetch|unmet dependencies/.test(error.output)

/** Before Debian 12 and Ubuntu 24.04 the core packages carried MariaDB's version in their names. @type {Record<string, string>} */
const olderNames = { 'mariadb-server-core': 'mariadb-server', 'mariadb-client-core': 'mariadb-client' }

/**
 * Downloads the packages: with the lists as they are, then after an update, then under the older names.
 * @param {(text: string) => void} note @param {string[]} packages
 */
async function fetch(note, packages) {
  const older = packages.map((name) => olderNames[name] ?? name)
  for (const [attempt, names] of [packages, packages, older].entries()) {
    try {
      note(`fetching ${names.join(', ')}`)
      await aptGet(note, ['install', '--no-install-recommends', '--download-only', ...names])
      return names
    } catch (error) {
      if (!listsAreOld(error) || attempt === 2) throw error
      if (attempt === 0) {
        note('apt-get update')
        await aptGet(note, ['update'])
      }
    }
  }
  return packages
}

/**
 * Fetching can be aborted at any moment. Unpacking and configuring always finishes.
 * @param {(text: string) => void} note @param {string[]} wanted
 */
async function install(note, wanted) {
  const packages = await fetch(note, wanted)
  assertNotStopping()
  const forget = onStop(restorePolicy)
  forbidServices()
  try {
    note(`installing ${packages.join(', ')}`)
    await aptGet(note, ['install', '--no-install-recommends', ...packages], true)
  } finally {
    restorePolicy()
    forget()
  }
}

/**
 * @param {(text: string) => void} note
 * @param {() => string[]} missing called again when the lock is free: another run may have installed them by then
 */
export async function installPackages(note, missing) {
  const release = await lock(oneAtATime, () => note('waiting for another installation'))
  try {
    const packages = missing()
    if (packages.length > 0) await install(note, packages)
  } finally {
    release()
  }
}

// Lock files that name their owner, so that the lock of a dead process counts as free.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, rmdirSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { assertNotStopping, onStop } from './lifetime.mjs'
import { startedAt } from './process-table.mjs'

/** @typedef {{ pid: number, started: string, note?: string }} Owner */

/** @param {string} file @returns {Owner | undefined} */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** @param {Owner | undefined} owner */
const isAlive = (owner) => owner !== undefined && startedAt(owner.pid) === owner.started && owner.started !== ''

/** The running process that holds a lock, if there is one. @param {string} file */
export function holder(file) {
  const owner = read(file)
  return isAlive(owner) ? owner : undefined
}

let serial = 0

/**
 * Takes a lock if it is free, or if the process that held it is dead. The file appears with its content, by a link, so
 * that no process reads half a lock. Returns how to release it.
 * @param {string} file @param {string} [note] for processes that find the lock taken
 */
export function tryLock(file, note) {
  assertNotStopping()
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const mine = `${file}.${process.pid}.${++serial}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, started: startedAt(process.pid), note }), { mode: 0o600 })
  try {
    if (!tryLink(mine, file)) {
      if (isAlive(read(file))) return undefined
      moveStaleAway(file, `${mine}.stale`)
      if (!tryLink(mine, file)) return undefined
    }
  } finally {
    rmSync(mine, { force: true })
  }
  const forget = onStop(release)
  function release() {
    forget()
    rmSync(file, { force: true })
    removeIfEmpty(dirname(file))
  }
  return release
}

/** @param {string} from @param {string} to */
function tryLink(from, to) {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Only one of several waiters can move the dead owner's file. It checks what it moved, because another waiter may have
 * replaced it by its own lock in between. Then it puts that back.
 * @param {string} file @param {string} aside
 */
function moveStaleAway(file, aside) {
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (isAlive(read(aside))) tryLink(aside, file)
  unlinkSync(aside)
}

/** @param {string} folder */
function removeIfEmpty(folder) {
  try {
    rmdirSync(folder)
  } catch {
    // It is not empty.
  }
}

/**
 * Waits for a lock.
 * @param {string} file @param {() => void} [onWait] called once if another process holds it
 */
export async function lock(file, onWait) {
  for (let waited = false; ; waited = true) {
    const release = tryLock(file)
    if (release) return release
    if (!waited) onWait?.()
    await pause(100)
  }
}

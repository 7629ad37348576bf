// The processes of this machine, from /proc if it exists, else from ps.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'

const hasProc = existsSync('/proc/self/stat')

/** @param {() => string} read */
function orNothing(read) {
  try {
    return read()
  } catch {
    return ''
  }
}

/** @param {string} columns @param {number} pid */
const ps = (columns, pid) =>
  orNothing(() => execFileSync('ps', ['-o', columns, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' })).trim()

/** The fields of /proc/<pid>/stat after the command's name, which may itself hold spaces and brackets. @param {number} pid */
function stat(pid) {
  const text = orNothing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/**
 * When a process began, in the unit of the system. Together with its id it identifies a process, although ids are
 * reused. Empty for a process that has ended, or only waits to be reaped.
 * @param {number} pid
 */
export function startedAt(pid) {
  if (!hasProc) return ps('lstart=', pid)
  const fields = stat(pid)
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '')
}

/** @param {number} pid */
export function parentOf(pid) {
  return Number(hasProc ? stat(pid)[1] : ps('ppid=', pid)) || 0
}

/** The command's short name. @param {number} pid */
export function nameOf(pid) {
  return hasProc ? orNothing(() => readFileSync(`/proc/${pid}/comm`, 'utf8')).trim() : ps('comm=', pid)
}

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {string} command its name, with arguments if there is no /proc
 * @property {string} cwd its working folder, empty where that is not visible
 */

/** Every process that is visible. @returns {Process[]} */
export function processes() {
  if (!hasProc) {
    const lines = orNothing(() => execFileSync('ps', ['-axo', 'pid=,command='], { encoding: 'utf8' })).split('\n')
    return lines.map((line) => ({ pid: Number.parseInt(line, 10), command: line.replace(/^\s*\d+\s+/, ''), cwd: '' }))
  }
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.map((pid) => ({
    pid: Number(pid),
    command: nameOf(Number(pid)),
    cwd: orNothing(() => readlinkSync(`/proc/${pid}/cwd`)),
  }))
}

/**
 * A variable of the environment of a process. Empty where it is not set, or not visible.
 * @param {number} pid @param {string} name
 */
export function variableOf(pid, name) {
  if (!hasProc) return ''
  const assignments = orNothing(() => readFileSync(`/proc/${pid}/environ`, 'utf8')).split('\0')
  return assignments.find((assignment) => assignment.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}

// File systems that a killed test run left mounted in its folder. While they are mounted, the folder cannot be removed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { sep } from 'node:path'

/** The kernel writes a space in a path as \040. @param {string} path */
const unescape = (path) => path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))

/** What is mounted below a folder, innermost first. Nothing where the system has no /proc. @param {string} folder */
function mountsIn(folder) {
  try {
    const paths = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => unescape(line.split(' ')[1] ?? ''))
    return paths.filter((path) => path.startsWith(folder + sep)).reverse()
  } catch {
    return []
  }
}

/** Unmounts lazily: a process that is about to end may still hold a file. @param {string} folder */
export function unmountAll(folder) {
  for (const path of mountsIn(folder)) spawnSync('umount', ['--lazy', path], { stdio: 'ignore' })
}

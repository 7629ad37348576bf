// Finds programs on the PATH and where Debian keeps servers.
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { inRoot } from './paths.mjs'

/** Debian keeps servers in /usr/sbin, which is not on the PATH of every user. */
const folders = () => [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/** The first of these names that can be run. @param {string[]} names */
export function findExecutable(...names) {
  const candidates = names.flatMap((name) => folders().map((folder) => join(folder, name)))
  return candidates.find((file) => file.startsWith('/') && isExecutable(file))
}

/** The PATH without this node_modules, which `npm ci` deletes. */
export function systemPath() {
  const parts = (process.env['PATH'] ?? '').split(delimiter)
  return parts.filter((folder) => !folder.startsWith(inRoot('node_modules'))).join(delimiter)
}

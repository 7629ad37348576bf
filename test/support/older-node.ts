import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isNewEnough, OLDEST_NODE } from '@postern/service/node-version'

/** Why a test is skipped without `olderNode`. */
export const NO_OLDER_NODE = `the machine has no Node.js before ${OLDEST_NODE}`

/** The machine's own Node.js, if the service does not run on it. The tests run on the one in package-lock.json. */
export const olderNode = findOlderNode()

function findOlderNode() {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const path = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file))
  if (path === undefined) return undefined
  const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout.trim().slice(1)
  return isNewEnough(version) ? undefined : { path, version }
}

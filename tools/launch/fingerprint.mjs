// Lists the files of a folder, and shows by one value whether files have changed.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from './paths.mjs'

/** Every file below a folder, sorted. Empty when the folder does not exist. @param {string} folder @returns {string[]} */
export function filesIn(folder) {
  if (!existsSync(folder)) return []
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort()
}

/** One value for the names and contents of these files. @param {string[]} files @param {string} [checkout] */
export function fingerprint(files, checkout = root) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0)
    hash.update(`${relative(checkout, file)}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

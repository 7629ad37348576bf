import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** A server's password: made once, then read again. Only the owner may read the file. @param {string} file */
export function passwordIn(file) {
  try {
    writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch {
    // It was made by an earlier start.
  }
  return readFileSync(file, 'utf8')
}

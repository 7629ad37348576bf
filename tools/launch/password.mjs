// The password of a private server.
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

/** Made once, then read again. Only the owner can read the file. @param {string} file */
export function passwordIn(file) {
  try {
    writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch {
    // An earlier start made it.
  }
  return readFileSync(file, 'utf8')
}

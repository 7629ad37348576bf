// The first key pair of KEYS_DIR.
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { run } from './children.mjs'
import { inRoot, node, root } from './paths.mjs'

/** Key pairs are files named `<thumbprint>.json`. The service ignores other files. */
const KEY_FILE = /^[\w-]{43}\.json$/

/** @param {string} folder */
function hasKeys(folder) {
  try {
    return readdirSync(folder).some((name) => KEY_FILE.test(name))
  } catch {
    // The command below creates a missing folder, and reports any other problem.
    return false
  }
}

/** Creates the first key pair if the folder has none. @param {string} folder KEYS_DIR @param {NodeJS.ProcessEnv} settings */
export async function createFirstKey(folder, settings) {
  if (hasKeys(resolve(root, folder))) return
  await run('keys rotate', node, [inRoot('dist/cli.js'), 'keys', 'rotate'], { cwd: root, env: settings })
}

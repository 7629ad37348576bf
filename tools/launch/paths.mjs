// Where things are in the checkout.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** What `npm start` keeps: data folders, logs, secrets. Not in version control. */
export const keep = join(root, '.postern')

/** The kinds of machine for which package-lock.json has a Node.js: an optional dependency for each. */
const PACKAGED = ['linux-arm64', 'linux-x64']

const kind = `${process.platform}-${process.arch}`

/** Whether package-lock.json has a Node.js for this machine. */
export const isNodePackaged = PACKAGED.includes(kind)

/** The Node.js on which everything but the launcher runs: the one of package-lock.json, otherwise the machine's. */
export const node = isNodePackaged ? join(root, `node_modules/node-${kind}/bin/node`) : process.execPath

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts)

// Where things are in the checkout.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** What `npm start` keeps: data folders, logs, secrets. Not in version control. */
export const keep = join(root, '.postern')

/** The Node.js of package-lock.json, on which everything but the launcher runs. */
export const node = join(root, 'node_modules/node/bin/node')

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts)

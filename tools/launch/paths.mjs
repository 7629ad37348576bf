import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

/** What a developer's `npm start` keeps: data folders, logs, secrets. Never in version control. */
export const keep = join(root, '.postern')

/** The pinned Node from the lockfile, on which everything but this launcher runs. */
export const node = join(root, 'node_modules/node/bin/node')

/** @param {string[]} parts */
export const inRoot = (...parts) => join(root, ...parts)

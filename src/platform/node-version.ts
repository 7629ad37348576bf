// Refuses a Node.js that is too old. The entries call it before they load anything that such a Node.js cannot run.

/** The oldest major version that works; `engines` in package.json names the same. */
export const OLDEST_NODE = 24

/** Ends the process with a plain line where Node.js is too old. */
export function requireNode(version = process.versions.node): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return
  process.stderr.write(`Postern needs Node.js ${OLDEST_NODE} or later. This is Node.js ${version}.\n`)
  process.exit(1)
}

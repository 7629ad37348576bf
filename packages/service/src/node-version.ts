// Refuses a Node.js that is too old. The entries call it before they load anything that such a Node.js cannot run.

/** The oldest version that works; `engines` in package.json names the same. 24.9 has `shouldUpgradeCallback` of node:http. */
export const OLDEST_NODE = '24.9'

/** Whether a version, such as 24.9.0, is that one or later. */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE.split('.').map(Number)
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

/** Ends the process with a plain line where Node.js is too old. */
export function requireNode(version = process.versions.node): void {
  if (isNewEnough(version)) return
  process.stderr.write(`Postern needs Node.js ${OLDEST_NODE} or later. This is Node.js ${version}.\n`)
  process.exit(1)
}

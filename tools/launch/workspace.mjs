// The folder of one test run: servers, temporary files of the tests, results. Removed at the end.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endLeftovers } from './leftovers.mjs'
import { onStop } from './lifetime.mjs'
import { unmountAll } from './mounts.mjs'
import { startedAt } from './process-table.mjs'
import { say } from './progress.mjs'

const prefix = 'postern-test-'

/** @param {string} folder */
async function remove(folder) {
  await endLeftovers(folder)
  unmountAll(folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

/** Removes the folders of killed runs. One that cannot be removed only takes space, so it doesn't stop this run. */
async function sweep() {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith(prefix))) {
    const folder = join(tmpdir(), name)
    const owner = join(folder, 'owner')
    if (!existsSync(owner) || statSync(folder).uid !== process.getuid?.()) continue
    const [pid = '', started = ''] = readFileSync(owner, 'utf8').split(' ')
    if (startedAt(Number(pid)) === started) continue
    try {
      await remove(folder)
    } catch (error) {
      say(
        `${folder}, left by a killed run, cannot be removed: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }
}

export async function makeWorkspace() {
  await sweep()
  const folder = mkdtempSync(join(tmpdir(), prefix))
  onStop(() => remove(folder))
  writeFileSync(join(folder, 'owner'), `${process.pid} ${startedAt(process.pid)}`)
  return folder
}

// npm test: the checks and all tests, against real servers that live only as long as the run.
// npm test -- <file> …: only these tests, without the checks.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandFailed, run } from '../tools/launch/children.mjs'
import { installAndBuild } from '../tools/launch/development.mjs'
import { mark } from '../tools/launch/leftovers.mjs'
import { main } from '../tools/launch/main.mjs'
import { inRoot, node, root } from '../tools/launch/paths.mjs'
import { say } from '../tools/launch/progress.mjs'
import { COUNT_FILE, NO_TEST } from '../tools/launch/test-count.mjs'
import { testEnvironment, testServers } from '../tools/launch/test-environment.mjs'
import { makeWorkspace } from '../tools/launch/workspace.mjs'

const selection = process.argv.slice(2)
const reporters = ['--reporter=default', `--reporter=${inRoot('tools/launch/test-count.mjs')}`]

async function test() {
  const folder = await makeWorkspace()
  say()
  const [servers] = await Promise.all([testServers(folder), installAndBuild('everything')])
  const count = join(folder, 'count')
  const env = { ...testEnvironment(folder, servers), ...mark(folder), [COUNT_FILE]: count, TEST_BUILD: 'true' }

  const checked = selection.length > 0 || (await succeeds('The check', [inRoot('scripts/check.mjs')], env))
  const vitest = [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...reporters, ...selection]
  const tested = await succeeds('The tests', vitest, env)
  if (!checked) say('\nnpm run check found problems. See above.')
  const counted = existsSync(count) ? readFileSync(count, 'utf8') : '0 passed, 1 failed: vitest did not finish'
  if (counted === NO_TEST) say(`\nNo test matches ${selection.join(' ')}`)
  say(`\n${counted}`)
  return checked && tested ? 0 : 1
}

/** @param {string} name @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function succeeds(name, args, env) {
  try {
    await run(name, node, args, { cwd: root, env, passThrough: true })
    return true
  } catch (error) {
    if (error instanceof CommandFailed) return false
    throw error
  }
}

await main(test)

// npm test: the checks and every test, against real servers that live only as long as the run.
// npm test -- <file> …: only those tests, without the checks.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../tools/launch/build.mjs'
import { CommandFailed, run } from '../tools/launch/children.mjs'
import { installDependencies } from '../tools/launch/install.mjs'
import { mark } from '../tools/launch/leftovers.mjs'
import { main } from '../tools/launch/main.mjs'
import { inRoot, node, root } from '../tools/launch/paths.mjs'
import { say, step } from '../tools/launch/progress.mjs'
import { testEnvironment, testServers } from '../tools/launch/test-environment.mjs'
import { makeWorkspace } from '../tools/launch/workspace.mjs'

const selection = process.argv.slice(2)

async function test() {
  const folder = await makeWorkspace()
  say()
  const [servers] = await Promise.all([testServers(folder), code()])
  const env = { ...testEnvironment(folder, servers), ...mark(folder) }

  const checked = selection.length > 0 || (await succeeds('The check', [inRoot('scripts/check.mjs')], env))
  const results = join(folder, 'results.json')
  const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...selection]
  const tested = await succeeds('The tests', [inRoot('node_modules/vitest/vitest.mjs'), ...vitest], env)
  if (!checked) say('\nnpm run check has found something; see above.')
  say(`\n${count(results)}`)
  return checked && tested ? 0 : 1
}

async function code() {
  await step('dependencies', installDependencies)
  await step('build', build)
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

/** @param {string} results */
function count(results) {
  const { numPassedTests, numFailedTests, numFailedTestSuites, testResults } = JSON.parse(readFileSync(results, 'utf8'))
  // A file that cannot even be loaded holds no failed test, and is a failure all the same.
  const broken =
    numFailedTests === 0 && numFailedTestSuites > 0
      ? testResults.filter((/** @type {{ status: string }} */ { status }) => status === 'failed').length
      : 0
  return `${numPassedTests} passed, ${numFailedTests + broken} failed`
}

await main(test)

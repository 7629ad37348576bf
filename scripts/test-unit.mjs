// npm run test:unit: the tests that need no servers. npm run test:unit -- <file> …: only these.
// Needs the results of npm run build.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { filesIn } from '../tools/launch/fingerprint.mjs'
import { inRoot, root } from '../tools/launch/paths.mjs'

const selection = process.argv.slice(2)
const files = filesIn(inRoot('test/unit')).filter((file) => file.endsWith('.test.ts'))
const selected = files.filter((file) => selection.length === 0 || selection.some((part) => file.includes(part)))

if (!existsSync(inRoot('src/generated/graphql.ts'))) fail('The generated code is missing. Run npm run build first.')
if (selected.length === 0) fail(`No file in test/unit matches ${selection.join(' or ')}.`)
const vitest = [inRoot('node_modules/vitest/vitest.mjs'), 'run', ...selected]
process.exitCode = spawnSync(process.execPath, vitest, { cwd: root, stdio: 'inherit' }).status ?? 1

/** @param {string} message @returns {never} */
function fail(message) {
  console.error(message)
  process.exit(1)
}

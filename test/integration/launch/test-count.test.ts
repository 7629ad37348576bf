import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { COUNT_FILE, NO_TEST } from '../../../tools/launch/test-count.mjs'

const PREFACE = "import { afterAll, beforeAll, describe, expect, it } from 'vitest'\n"

/** Runs these files with these filters, and returns the count and the exit code. */
function run(files: Record<string, string>, ...filters: string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'postern-count-'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.test.mjs`), PREFACE + text)
  const vitest = [
    resolve('node_modules/vitest/vitest.mjs'),
    'run',
    '--pool=threads',
    `--reporter=${resolve('tools/launch/test-count.mjs')}`,
  ]
  const env = { ...process.env, [COUNT_FILE]: join(folder, 'count') }
  const { status } = spawnSync(process.execPath, [...vitest, ...filters], { cwd: folder, env, stdio: 'ignore' })
  const count = readFileSync(join(folder, 'count'), 'utf8')
  rmSync(folder, { recursive: true })
  return { count, status }
}

it('npm test counts files and suites that did not start as failures, in addition to failed tests', () => {
  const failed = run({
    passes: "it('a', () => {}); it('b', () => {}); it.skip('c', () => {})",
    fails: "it('a', () => expect(1).toBe(2))",
    'does not load': "import './nowhere.js'; it('a', () => {})",
    'does not start':
      "it('a', () => {}); describe('b', () => { beforeAll(() => { throw new Error() }); it('c', () => {}) })",
    'fails twice':
      "it('a', () => expect(1).toBe(2)); describe('b', () => { afterAll(() => { throw new Error() }); it('c', () => {}) })",
    'fails outside':
      "it('a', () => { setTimeout(() => { throw new Error() }) }); it('b', () => new Promise((r) => setTimeout(r, 50)))",
  })
  expect(failed).toEqual({ count: '6 passed, 6 failed', status: 1 })
})

it.each([
  ['no file', ['nowhere']],
  ['no test of a file', ['-t', 'nothing']],
])('npm test fails when %s matches', (_what, filters) => {
  expect(run({ passes: "it('a', () => {})" }, ...filters)).toEqual({ count: NO_TEST, status: 1 })
})

it('npm test counts a run in which all tests pass', () => {
  expect(run({ passes: "it('a', () => {})" })).toEqual({ count: '1 passed, 0 failed', status: 0 })
})

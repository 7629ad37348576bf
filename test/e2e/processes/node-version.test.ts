import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OLDEST_NODE } from '../../../src/platform/node-version.js'

/** The Node.js of the system, not the one in package-lock.json that runs the tests. */
const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
const node = folders.map((folder) => join(folder, 'node')).find((file) => existsSync(file))
const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(node ?? '', args, { env: {}, encoding: 'utf8' })
  return { code: status, stdout: stdout.trim(), stderr }
}
const version = node === undefined ? '' : run('--version').stdout.slice(1)
const isOlder = version !== '' && Number.parseInt(version, 10) < OLDEST_NODE

describe('a Node.js that is too old', () => {
  it('is too old for package.json as well', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${OLDEST_NODE}`)
  })

  for (const file of ['dist/main.js', 'dist/cli.js'])
    it(`is refused by ${file} in one line`, ({ skip }) => {
      skip(!isOlder, `the machine has no Node.js before ${OLDEST_NODE}`)
      expect(run(file)).toEqual({
        code: 1,
        stdout: '',
        stderr: `Postern needs Node.js ${OLDEST_NODE} or later. This is Node.js ${version}.\n`,
      })
    })
})

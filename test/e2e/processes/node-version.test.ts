import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { isNewEnough, OLDEST_NODE } from '@postern/service/node-version'
import { NO_OLDER_NODE, olderNode } from '../../support/older-node.js'

const run = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(olderNode?.path ?? '', args, { env: {}, encoding: 'utf8' })
  return { code: status, stdout: stdout.trim(), stderr }
}

describe('a Node.js that is too old', () => {
  it('is too old for package.json as well', () => {
    const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${OLDEST_NODE}`)
  })

  it.each([
    ['20.19.0', false],
    ['24.8.0', false],
    ['24.9.0', true],
    ['24.21.0', true],
    ['25.0.0', true],
  ])('%s is new enough: %s', (version, expected) => {
    expect(isNewEnough(version)).toBe(expected)
  })

  for (const file of ['dist/main.js', 'dist/cli.js'])
    it(`is refused by ${file} in one line`, ({ skip }) => {
      skip(!olderNode, NO_OLDER_NODE)
      expect(run(file)).toEqual({
        code: 1,
        stdout: '',
        stderr: `Postern needs Node.js ${OLDEST_NODE} or later. This is Node.js ${olderNode?.version}.\n`,
      })
    })
})

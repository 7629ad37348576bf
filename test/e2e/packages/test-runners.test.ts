import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { installDependencies } from '../../../tools/launch/install.mjs'
import { CHILD_ENVIRONMENT } from '../../support/child-environment.js'
import type { Account } from '../../support/client.js'
import { root, runners } from '../../support/packed.js'
import { testRedisUrl } from '../../support/redis.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'

const JEST = [join(runners, 'node_modules/jest/bin/jest.js'), '--ci', '--config', '{ "transform": {} }', '--rootDir']
const MOCHA = [join(runners, 'node_modules/mocha/bin/mocha.js'), '--timeout', '60000']

let service: Service
let redis: string
let account: Account
let project: string

beforeAll(async () => {
  await installDependencies(() => undefined, runners)
  redis = testRedisUrl()
  service = await startService({ REDIS_URL: redis })
  account = await service.register()
  project = mkdtempSync(join(tmpdir(), 'postern-runners-'))
  mkdirSync(join(project, 'node_modules/@postern'), { recursive: true })
  for (const name of ['client', 'session'])
    symlinkSync(join(root, 'packages', name), join(project, 'node_modules/@postern', name))
  writeFileSync(join(project, 'package.json'), '{ "private": true }')
})
afterAll(async () => {
  rmSync(project, { recursive: true, force: true })
  await service.stop()
})

/** A test that uses both packages, for any runner with a global `it`. */
const program = (end: string) => `
  const { createClient, usernameChecker } = require('@postern/client')
  const { createSessionValidator } = require('@postern/session')
  it('signs in', async () => {
    const client = createClient({ url: '${service.url}/graphql' })
    client.subscribe(() => undefined)
    await client.login(${JSON.stringify({ email: account.email, password: account.password })})
    usernameChecker(client).input('ada')
    const sessions = await createSessionValidator({ secret: '${TEST_ENVIRONMENT.JWT_SECRET}', redis: '${redis}' })
    if (sessions.validate(await client.getAccessToken()).sub !== '${account.id}') throw new Error('another user')
    ${end}
  })`

const CLOSES = 'client.close(); await sessions.close()'

it.each([
  ['jest', 'closes both', CLOSES],
  ['jest', 'forgets to close them', ''],
  ['mocha', 'closes both', CLOSES],
  ['mocha', 'forgets to close them', ''],
])('%s ends after a test that %s', async (runner, _, end) => {
  const file = join(project, 'signs-in.test.js')
  writeFileSync(file, program(end))
  const child = spawn(process.execPath, runner === 'jest' ? [...JEST, project] : [...MOCHA, file], {
    cwd: project,
    env: { ...CHILD_ENVIRONMENT, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill())
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect({ code, output: `${output}${errors}` }).toEqual({ code: 0, output: expect.stringMatching(/1 pass/) as string })
  // What jest prints if something keeps it running.
  expect(errors).not.toContain('did not exit')
})

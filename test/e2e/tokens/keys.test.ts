import { spawnSync } from 'node:child_process'
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../support/commands.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { keysFolder, partOf } from '../../support/keys.js'
import { startProgram, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'

let folder: Awaited<ReturnType<typeof keysFolder>>
let database: TestDatabase

beforeAll(async () => {
  folder = await keysFolder()
  database = await createTestDatabase()
})
afterAll(async () => {
  await database.drop()
  await folder.remove()
})

const keys = async (name: string) => {
  const { code, stdout, stderr } = await command(['keys', name], { KEYS_DIR: folder.path })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}
const serviceEnvironment = () => ({
  ...TEST_ENVIRONMENT,
  LOG_LEVEL: 'info',
  JWT_SECRET: '',
  KEYS_DIR: folder.path,
  REVOCATION_KEY: 'test-revocation-key-0123456789abcdef012345',
  DATABASE_URL: database.url,
  REDIS_URL: testRedisUrl(),
})

describe('the command keys', () => {
  it('is named when the service starts with an empty KEYS_DIR', async () => {
    const { code, stdout, stderr } = await startProgram('main.js', [], serviceEnvironment()).finished
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^KEYS_DIR cannot be used: .*\n.*npm run keys -- rotate/)
    expect(stderr).toContain(`${folder.path} contains no key file`)
  })

  it('reports which path is wrong and why', async () => {
    const file = join(folder.path, 'a file')
    await writeFile(file, '')
    const settings = { ...serviceEnvironment(), KEYS_DIR: file }
    const start = await startProgram('main.js', [], settings).finished
    expect(start).toEqual({
      code: 1,
      stdout: '',
      stderr: `KEYS_DIR cannot be used: ${file} cannot be read: not a folder.\n`,
    })
    const rotate = await command(['keys', 'rotate'], settings)
    expect(rotate).toEqual({
      code: 1,
      stdout: '',
      stderr: `KEYS_DIR cannot be used: ${file} cannot be read: not a folder.\n`,
    })
    await rm(file)
  })

  it("leaves no private key behind if it can't be written", async () => {
    // A file size limit of 0 bytes simulates a full disk.
    const limited = ['-c', 'ulimit -f 0; exec "$0" dist/cli.js keys rotate', process.execPath]
    const { status, stderr } = spawnSync('sh', limited, { env: { KEYS_DIR: folder.path }, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: `KEYS_DIR cannot be used: ${folder.path} cannot be written to: EFBIG.\n`,
    })
    expect(await readdir(folder.path)).toEqual([])
  })

  it('needs only KEYS_DIR, and reports if it is missing', async () => {
    expect(await keys('list')).toMatch('There are no keys.')
    const { code, stderr } = await command(['keys', 'list'], {})
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('KEYS_DIR is required') })
  })

  it('creates the first key, which signs, and then one that does not sign yet', async () => {
    const [, first = ''] = /^Created: ([\w-]{43})\n/.exec(await keys('rotate')) ?? []
    const service = await startServiceProcess(serviceEnvironment())
    const { token } = await service.signUp()
    expect(partOf(token, 0)).toMatchObject({ alg: 'ES256', kid: first })
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)

    const [, next = ''] = /^Created: ([\w-]{43})\n/.exec(await keys('rotate')) ?? []
    expect(await keys('rotate')).toContain(`The next key already exists: ${next}`)
    const lines = (await keys('list')).trim().split('\n')
    expect(lines.map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      [first, 'signing'],
      [next, 'waiting'],
    ])
    expect(await keys('retire')).toMatch('All keys are still needed.')
  })
})

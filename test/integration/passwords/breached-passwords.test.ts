import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBreachedFile } from '../../../src/repositories/passwords/breached-file.js'
import { LOGIN, REGISTER, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { startProgram } from '../../support/process.js'
import { startInstance, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

const BREACHED = 'marzipan submarine 77'
const ACCENTED = 'crème brûlée torch'
const sha1 = (text: string) => createHash('sha1').update(text).digest('hex').toUpperCase()

let folder: string
let database: TestDatabase
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-breached-'))
  database = await createTestDatabase()
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database.drop()
})

const urls = () => ({ DATABASE_URL: database.url, REDIS_URL: testRedisUrl() })

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** As the downloader of Have I Been Pwned writes it. */
const linesOf = (passwords: string[], end: string) =>
  passwords
    .map((password, n) => `${sha1(password)}:${n + 1}${end}`)
    .toSorted()
    .join('')

const register = (service: Instance, password: string) =>
  service.graphql(REGISTER, { input: { email: `${unique()}@example.com`, password } })

const REFUSED = { code: 'BREACHED_PASSWORD', fields: [{ code: 'BREACHED_PASSWORD' }] }

/** What all sources have in common. */
async function expectRefusals(service: Instance) {
  for (const [password, path] of [
    [BREACHED, 'password'],
    [ACCENTED.normalize('NFD'), 'password'],
  ] as const) {
    const { errors } = await register(service, password)
    expect(errors[0]?.extensions).toMatchObject(REFUSED)
    expect(errors[0]?.extensions.fields).toMatchObject([{ path, message: expect.stringContaining('stolen') }])
  }
  expect((await register(service, `${BREACHED}!`)).errors).toEqual([])

  const user = await service.signUp()
  for (const operation of ['changePassword(input: $input)', 'updatePassword(input: $input) { token }']) {
    const input = { oldPassword: user.password, newPassword: BREACHED, confirmNewPassword: BREACHED }
    const query = `mutation ($input: ChangePasswordInput!) { ${operation} }`
    const { errors } = await service.graphql(query, { input }, user.token)
    expect(errors[0]?.extensions).toMatchObject({ ...REFUSED, fields: [{ path: 'newPassword' }] })
  }
}

describe('with a file of breached passwords', () => {
  const many = [...Array.from({ length: 20_000 }, (_, n) => `password number ${n}`), BREACHED, ACCENTED]

  it('finds each of them, and no other, with and without carriage returns', async () => {
    const counts = new Map(many.map((password, n) => [sha1(password), n + 1]))
    const hashes = [...counts.keys()].toSorted()
    for (const end of ['\n', '\r\n']) {
      const file = await openBreachedFile(write('many', linesOf(many, end)))
      for (const hash of [...hashes.filter((_, n) => n % 97 === 0), hashes[0]!, hashes.at(-1)!])
        expect(await file.count(hash)).toBe(counts.get(hash))
      for (const hash of ['0'.repeat(40), 'F'.repeat(40), sha1('unheard of'), hashes[7]!.replace(/.$/, 'G')])
        expect(await file.count(hash)).toBe(0)
      await file.close()
    }
  })

  it.each([1, 2, 3, 100])('finds each of %i', async (length) => {
    const few = many.slice(0, length)
    for (const text of [linesOf(few, '\n'), linesOf(few, '\n').trimEnd()]) {
      const file = await openBreachedFile(write('few', text))
      for (const [n, password] of few.entries()) expect(await file.count(sha1(password))).toBe(n + 1)
      expect(await file.count(sha1('unheard of'))).toBe(0)
      await file.close()
    }
  })

  it('refuses new passwords that are in it, and accepts them at a login', async () => {
    const before = await startInstance(urls())
    const account = await before.register({ password: BREACHED })
    await before.stop()
    const service = await startInstance({ ...urls(), BREACHED_PASSWORDS_FILE: write('list', linesOf(many, '\r\n')) })
    await expectRefusals(service)
    const { email, password } = account
    expect((await service.graphql(LOGIN, { input: { email, password } })).errors).toEqual([])
    await service.stop()
  })

  it('refuses them in the command that creates users', async () => {
    const env = { ...TEST_ENVIRONMENT, ...urls(), BREACHED_PASSWORDS_FILE: write('list', linesOf([BREACHED], '\n')) }
    const { child, finished } = startProgram('cli.js', ['user', 'create', 'ada@example.com', '--password-stdin'], env, {
      stdin: `${BREACHED}\n`,
    })
    const { code, stderr } = await finished
    expect(child.exitCode).toBe(1)
    expect(code).toBe(1)
    expect(stderr).toContain('This password is in a list of stolen ones')
  })

  it.each([
    ['is missing', null, "can't be opened (ENOENT)"],
    ['is empty', '', 'is empty'],
    ['has other hashes', `${'A'.repeat(32)}:5\n`, 'has a line that is not a SHA-1 hash'],
    ['is sorted by count', linesOf(many, '\n').split('\n').reverse().join('\n').trimStart(), 'is not sorted by hash'],
    ['has passwords', 'hunter2\ncorrect horse\n', 'has a line that is not a SHA-1 hash'],
    ['is one long line', 'A'.repeat(100_000), 'has a line that is not a SHA-1 hash'],
  ])('does not start if it %s', async (_what, text, problem) => {
    const path = text === null ? join(folder, 'missing') : write('bad', text)
    await expect(startInstance({ ...urls(), BREACHED_PASSWORDS_FILE: path })).rejects.toThrow(
      `BREACHED_PASSWORDS_FILE ${problem.startsWith('is empty') ? 'is no file, or is empty' : problem}`,
    )
  })
})

describe('with an API of breached passwords', () => {
  let api: Server
  let service: Instance
  const requests: { url: string; padding: unknown }[] = []
  let mode: 'up' | 'hanging' | 'broken' | 'portal' | 'endless' = 'up'

  beforeAll(async () => {
    api = createServer((request, response) => {
      requests.push({ url: request.url ?? '', padding: request.headers['add-padding'] })
      if (mode === 'hanging') return
      if (mode === 'broken') return void response.writeHead(500).end()
      if (mode === 'portal') return void response.end('<html>Sign in to the network</html>')
      if (mode === 'endless') return void response.end(`${'0'.repeat(35)}:1\n`.repeat(100_000))
      const prefix = request.url?.slice(-5) ?? ''
      const real = [BREACHED, ACCENTED].map(sha1).filter((hash) => hash.startsWith(prefix))
      const padding = sha1(`${BREACHED}!`).startsWith(prefix) ? [`${sha1(`${BREACHED}!`).slice(5)}:0`] : []
      const lines = [...real.map((hash) => `${hash.slice(5)}:42`), ...padding, `${'0'.repeat(35)}:0`]
      response.end(lines.join('\r\n'))
    })
    api.listen(0, '127.0.0.1')
    await once(api, 'listening')
    const { port } = api.address() as AddressInfo
    service = await startInstance({ ...urls(), BREACHED_PASSWORDS_URL: `http://127.0.0.1:${port}/range/` })
  })
  afterEach(async () => {
    mode = 'up'
    await until('the breaker is closed', () => service.app.breakers().every(({ state }) => state === 'closed'))
  })
  afterAll(async () => {
    await service.stop()
    api.closeAllConnections()
    api.close()
  })

  const failures = async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text()
    return Number(/^postern_breached_password_checks_total\{result="failed"\} (\d+)$/m.exec(text)?.[1])
  }

  it('refuses new passwords that it knows, and ignores padding', () => expectRefusals(service))

  it('sends only five digits of the hash, and asks for padding', () => {
    expect(requests.length).toBeGreaterThan(3)
    for (const { url, padding } of requests) {
      expect(url).toMatch(/^\/range\/[0-9A-F]{5}$/)
      expect(padding).toBe('true')
    }
  })

  it.each(['broken', 'portal', 'endless', 'hanging'] as const)(
    'accepts passwords and counts them while it is %s',
    async (next) => {
      mode = next
      const before = await failures()
      expect((await register(service, BREACHED)).errors).toEqual([])
      expect(await failures()).toBe(before + 1)
    },
  )

  it('asks it no more while its breaker is open', async () => {
    mode = 'broken'
    const opened = () =>
      service.app.breakers().some(({ name, state }) => name === 'breached_passwords' && state !== 'closed')
    await until('the breaker is open', async () => {
      expect((await register(service, BREACHED)).errors).toEqual([])
      return opened()
    })
  })
})

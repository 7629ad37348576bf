import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { command } from '../../support/commands.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { startProgram, startServiceProcess } from '../../support/process.js'
import { testRedisUrl } from '../../support/redis.js'
import { TEST_ENVIRONMENT } from '../../support/service.js'

let database: TestDatabase
let env: Record<string, string>

beforeAll(async () => {
  database = await createTestDatabase()
  env = { DATABASE_URL: database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => database.drop())

describe('the command line', () => {
  it('migrates an empty database, once', async () => {
    const empty = await createTestDatabase({ migrate: false })
    const run = () =>
      startProgram('cli.js', ['migrate'], { ...TEST_ENVIRONMENT, ...env, DATABASE_URL: empty.url }).finished
    expect(await run()).toMatchObject({ code: 0, stdout: expect.stringContaining('Applied: 20261122000000_initial') })
    expect(await run()).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' })
    await empty.drop()
  })

  it('reports accounts that share a mailbox by their ids, without addresses', async () => {
    const ids = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002']
    for (const [i, email] of ['ada@bücher.example', 'ada@xn--bcher-kva.example'].entries())
      await database.query(
        'INSERT INTO users (id, email, email_key, created_at, updated_at) VALUES (?, ?, ?, NOW(3), NOW(3))',
        [ids[i], email, email],
      )
    const { code, stdout } = await startProgram('cli.js', ['migrate'], { ...TEST_ENVIRONMENT, ...env }).finished
    expect(code).toBe(0)
    expect(stdout).toContain(`${ids[0]} and ${ids[1]}`)
    expect(stdout).not.toContain('@')
    await database.query('DELETE FROM users WHERE id IN (?)', [ids])
  })

  it('makes a user the first ADMIN', async () => {
    const service = await startServiceProcess(env)
    const { email } = await service.register()
    const run = (address: string) =>
      startProgram('cli.js', ['admin', address], { ...TEST_ENVIRONMENT, ...env }).finished
    expect(await run(email)).toMatchObject({ code: 0, stdout: expect.stringContaining('is now an administrator') })
    expect(await run('unknown@example.com')).toMatchObject({ code: 1, stderr: expect.stringContaining('register') })
    const [row] = await database.query<{ role: string }>('SELECT role FROM users WHERE email = ?', [email])
    expect(row?.role).toBe('ADMIN')
    service.kill('SIGTERM')
    expect((await service.finished).code).toBe(0)
  })

  it.each(['help', '--help', 'keys --help', 'admin -h'])('prints its usage for "%s"', async (line) => {
    const { code, stdout, stderr } = await command(line.split(' '), {})
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: node dist\/cli\.js <command>, or npm run <command>\n/)
  })

  it.each([
    ['user import --help', ['user import <file>', 'Exit codes: 0 if every line was imported, 2 if']],
    ['sessions -h', ['sessions list <user>', 'sessions revoke <user>', 'sessions revoke-all', 'Exit codes: 0 if']],
    ['keys rotate --help', ['create the next key pair', 'Exit codes: 0 if']],
  ])('has help for "%s" alone', async (line, parts) => {
    const { code, stdout, stderr } = await command(line.split(' '), {})
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const part of parts) expect(stdout).toContain(part)
    const others = line.startsWith('keys') ? /doctor {2}/ : /keys rotate/
    expect(stdout).not.toMatch(others)
  })

  it('is npx postern in a checkout, with its exit codes', async () => {
    const npx = async (...args: string[]) => {
      const child = spawn('npx', ['--offline', 'postern', ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      return { code: code as number, stdout, stderr }
    }
    // npx links the command once and does not make it executable again.
    expect(statSync('dist/cli.js').mode & 0o111).toBe(0o111)
    expect(await npx('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` })
    expect(await npx('keys', '--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('keys rotate') })
    expect(await npx('keys', 'rotat')).toMatchObject({ code: 1, stderr: expect.stringContaining('keys rotat.') })
  })

  it.each([
    { args: [], problem: 'A command is missing.' },
    { args: ['admin'], problem: 'admin needs an email address.' },
    { args: ['keys'], problem: 'keys needs a command: rotate, list or retire.' },
    { args: ['keys', 'rotat'], problem: 'Unknown command: keys rotat.' },
    { args: ['migrat'], problem: 'Unknown command: migrat.' },
    { args: ['migrate', 'now'], problem: 'Unknown argument: now.' },
    { args: ['admin', 'ada@example.com', 'bob@example.com'], problem: 'Unknown argument: bob@example.com.' },
  ])('says first what is wrong with its arguments: $problem', async ({ args, problem }) => {
    const { code, stdout, stderr } = await command(args, {})
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.startsWith(`${problem}\n\nUsage: `)).toBe(true)
  })

  it('points to the documentation when KEYS_DIR is missing', async () => {
    const { code, stderr } = await command(['keys', 'list'], {})
    expect(code).toBe(1)
    expect(stderr).toContain('KEYS_DIR is required: the folder of the key files. See docs/keys.md.')
  })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { FOREIGN_HASHES } from '../../support/foreign-hashes.js'
import { startProgram } from '../../support/process.js'
import { createTestDatabase } from '../../support/database.js'
import { testRedisUrl } from '../../support/redis.js'
import { privateMariadb } from '../../support/servers.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let folder: string
let env: Record<string, string>

beforeAll(async () => {
  service = await startService()
  folder = await mkdtemp(join(tmpdir(), 'postern-import-'))
  env = { ...TEST_ENVIRONMENT, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
})
afterAll(async () => {
  await service.stop()
  await rm(folder, { recursive: true })
})

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(folder, `${unique()}.csv`)
  await writeFile(path, content)
  return path
}

const start = (...args: string[]) => startProgram('cli.js', ['user', 'import', ...args], env)
const run = (...args: string[]) => start(...args).finished

/** The rows whose address is at this domain. */
const countAt = async (domain: string): Promise<number> => {
  const sql = 'SELECT COUNT(*) AS count FROM users WHERE email_key LIKE ?'
  return Number((await service.database.query<{ count: number }>(sql, [`%@${domain}`]))[0]?.count)
}

/** The accounts at this domain whose import is in the audit log once. */
const importEntriesAt = async (domain: string): Promise<number> => {
  const sql = `SELECT COUNT(*) AS count FROM (SELECT u.id FROM users u JOIN audit_entries e ON e.account_id = u.id
    WHERE u.email_key LIKE ? AND e.action = 'IMPORT_USER' AND e.actor = 'OPERATOR' GROUP BY u.id HAVING COUNT(*) = 1) one`
  return Number((await service.database.query<{ count: number }>(sql, [`%@${domain}`]))[0]?.count)
}

const secretOf = async (email: string) => {
  const sql = 'SELECT c.secret, u.generation FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.email_key = ?'
  return (await service.database.query<{ secret: string; generation: number }>(sql, [email]))[0]
}

const BCRYPT = '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq'

/** A domain of its own, and a file with so many users there, the hashes of every kind in turn. */
async function manyUsers(count: number) {
  const domain = `${unique()}.example`
  const kinds = Object.values(FOREIGN_HASHES)
  const users = Array.from({ length: count }, (_, n) => {
    const [hash, password = 'password'] = kinds[n % kinds.length]!
    return { email: `u${n}@${domain}`, username: `${domain.slice(0, 12)}_${n}`, hash, password }
  })
  const rows = users.map(({ email, username, hash }) => `${email},${username},"${hash}","Ada, ""the"" first"`)
  return { domain, users, file: await fileOf(`email,username,password_hash,first_name\n${rows.join('\n')}\n`) }
}

describe('user import', () => {
  it('imports users with hashes of every kind, who sign in, and whose hashes are replaced then', async () => {
    const { domain, users, file } = await manyUsers(2000)
    const { code, stdout, stderr } = await run(file)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'Imported: 2000\nRefused: 0\n', stderr: '' })
    expect(await countAt(domain)).toBe(2000)
    expect(await importEntriesAt(domain)).toBe(2000)
    for (const { email, username, password } of users.slice(0, Object.keys(FOREIGN_HASHES).length)) {
      const before = await secretOf(email)
      const wrong = { input: { email, password: `${password}x` } }
      expect((await service.graphql(LOGIN, wrong)).code).toBe('UNAUTHENTICATED')
      expect(await secretOf(email)).toEqual(before)
      const { login } = await service.succeed(LOGIN, { input: { username, password } })
      const after = await until('the hash is replaced', async () => {
        const now = await secretOf(email)
        return now?.secret.startsWith('$argon2id$v=19$') ? now : null
      })
      expect(after.generation).toBe(before?.generation)
      await service.succeed('{ profile { id } }', {}, login.token as string)
      expect(await service.login({ email, password })).toHaveProperty('token')
    }
    const [sample] = await service.database.query<{ kinds: number }>(
      "SELECT COUNT(DISTINCT SUBSTRING_INDEX(secret, '$', 3)) AS kinds FROM (SELECT secret FROM credentials ORDER BY sample_key LIMIT 200) AS sample",
    )
    expect(Number(sample?.kinds)).toBeGreaterThan(5)
  })

  it('continues where it was killed, and imports nothing twice', async () => {
    const { domain, users, file } = await manyUsers(1300)
    // An uncommitted claim of a username stops the third batch in the middle of its transaction.
    const blocker = await service.database.connect()
    await blocker.query('START TRANSACTION')
    await blocker.query("INSERT INTO usernames (username_key, display, state) VALUES (?, ?, 'OWNED')", [
      users[1200]?.username,
      'x',
    ])
    const { child, finished } = start(file)
    await until('two batches are imported', async () => (await countAt(domain)) === 1000)
    await until('the third waits', async () => {
      const sql =
        "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT INTO usernames%'"
      return (await service.database.query(sql)).length > 0
    })
    child.kill('SIGKILL')
    expect((await finished).code).toBeNull()
    await blocker.query('ROLLBACK')
    await blocker.end()
    expect(await countAt(domain)).toBe(1000)

    const next = await run(file)
    expect(next.stderr).toBe('Continuing after line 1001.\n')
    expect(next).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Imported: 300\nRefused: 0\n.*1000 imported/),
    })
    expect(await countAt(domain)).toBe(1300)
    expect(await importEntriesAt(domain)).toBe(1300)
    expect((await run(file)).stdout).toMatch(/^Imported: 0\nRefused: 0\n/)
    // An account that its owner has deleted since does not come back.
    await service.database.query('DELETE FROM users WHERE email_key = ?', [users[0]?.email])
    await run(file)
    expect(await countAt(domain)).toBe(1299)
    // A file with other lines is another one: the lines that were imported are skipped.
    const edited = await fileOf(`${await readFile(file, 'utf8')}new@${domain},,,\n`)
    expect(await run(edited)).toEqual({
      code: 2,
      stdout:
        'Imported: 1, of which 1 have no password\nSkipped, because they were imported before: 1299\nRefused: 1\n',
      stderr: 'line 2: username: This username is taken.\n',
    })
  })

  it('waits for a database that restarts, and imports nothing twice', async () => {
    const mariadb = await privateMariadb()
    try {
      const database = await createTestDatabase({ server: mariadb.url })
      const { file } = await manyUsers(3000)
      const settings = { ...env, DATABASE_URL: database.url }
      const { finished } = startProgram('cli.js', ['user', 'import', file], settings)
      await until('a batch is imported', async () => (await database.query('SELECT 1 FROM users LIMIT 1')).length > 0)
      await mariadb.kill()
      await mariadb.restart()
      expect(await finished).toEqual({ code: 0, stdout: 'Imported: 3000\nRefused: 0\n', stderr: expect.any(String) })
      const count = 'SELECT COUNT(*) AS users, (SELECT COUNT(*) FROM credentials) AS hashes FROM users'
      expect((await database.query(count))[0]).toEqual({ users: 3000, hashes: 3000 })
    } finally {
      await mariadb.remove()
    }
  })

  it('imports each user once if two processes import the same file', async () => {
    const { domain, file } = await manyUsers(1200)
    await Promise.all([run(file), run(file)])
    await run(file)
    expect(await countAt(domain)).toBe(1200)
  })

  it('reports each line that it refuses, with its number and the reason, and imports the others', async () => {
    const domain = `${unique()}.example`
    const taken = await service.register()
    const name = unique()
    const content = [
      '\ufeffE-mail,Username,passwordHash,created_at,Email Verified,role,phone_number',
      `ada@${domain},${name},${BCRYPT},2020-02-03T04:05:06Z,true,user,+44 20 7946 0958`,
      `no address,,,,,,`,
      `ADA@${domain},,,,,,`,
      `bob@${domain},${name.toUpperCase()},,,,,`,
      `${taken.email},,,,,,`,
      `carl@${domain},${taken.username},,,,,`,
      `dora@${domain},admin,,,,,`,
      `"eve@${domain}",,"5f4dcc3b5aa765d61d8327deb882cf99",,,,`,
      `fay@${domain},,$2b$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy,,,,`,
      `gus@${domain},,,3000-01-01T00:00:00Z,,,`,
      `hal@${domain},,,,,ADMIN,`,
      `ida@${domain},,,`,
      `jan@${domain},"a`,
      `kim@${domain},,,,2021-01-01T00:00:00Z,,`,
      '',
      `"le""o@${domain}",,,,,,`,
    ].join('\r\n')
    const file = await fileOf(content)
    const report = join(folder, 'report.csv')
    const lines = [
      '3: email: must look like ada@example.com',
      '4: email: line 2 has the same',
      '5: username: line 2 has the same',
      '6: email: an account with this email address exists',
      '7: username: This username is taken.',
      '8: username: This username is reserved.',
      '9: password_hash: this is no bcrypt, scrypt, PBKDF2 or argon2 hash in a known encoding',
      '10: password_hash: the cost of bcrypt must be 4 to 14',
      '11: created_at: must be between 1970 and now',
      '12: role: must be USER: make administrators with user role',
      '13: it has 4 cells, and the header has 7',
      '14: a quote is not closed',
      '17: email: must look like ada@example.com',
    ]
    const trial = await run(file, '--dry-run', '--report', report)
    expect(trial).toEqual({
      code: 2,
      stdout: 'Would be imported: 2, of which 1 have no password\nRefused: 13\n',
      stderr: '',
    })
    expect(await countAt(domain)).toBe(0)
    const reported = (await readFile(report, 'utf8')).trimEnd().split('\n').slice(1)
    expect(reported.map((line) => line.replace(/,"(.*)"$/, ': $1')).toSorted()).toEqual(lines.toSorted())

    const real = await run(file)
    expect(real).toMatchObject({ code: 2, stdout: trial.stdout.replace('Would be imported', 'Imported') })
    expect(real.stderr.trimEnd().split('\n').toSorted()).toEqual(lines.map((line) => `line ${line}`).toSorted())
    const [ada] = await service.database.query(
      'SELECT id, created_at, email_verified_at, role, phone_number FROM users WHERE email = ?',
      [`ada@${domain}`],
    )
    const created_at = new Date('2020-02-03T04:05:06Z')
    expect(ada).toMatchObject({
      created_at,
      email_verified_at: created_at,
      role: 'USER',
      phone_number: '+44 20 7946 0958',
    })
    expect(Number.parseInt((ada as { id: string }).id.replace('-', '').slice(0, 12), 16)).toBe(created_at.getTime())
    expect(await service.isAvailable(name)).toBe(false)
    expect((await service.graphql(LOGIN, { input: { email: `kim@${domain}`, password: '' } })).code).toBe(
      'UNAUTHENTICATED',
    )
  })

  it('reads JSON lines from stdin, and skips what was imported before', async () => {
    const domain = `${unique()}.example`
    const lines = [
      { email: `ada@${domain}`, passwordHash: BCRYPT, firstName: 'Ada', emailVerified: false, disabled: true },
      { email: `bob@${domain}`, passwordHash: BCRYPT, lastName: 'B\u202eb' },
      { email: `carl@${domain}`, password: 'secret' },
    ].map((line) => JSON.stringify(line))
    const pipe = async () => {
      const child = spawn(process.execPath, ['dist/cli.js', 'user', 'import', '-'], {
        env: { PATH: process.env['PATH'], ...env },
      })
      child.stdin.end(`${lines.join('\n')}\n[]\n{\n`)
      const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
      return { code: code as number, stdout, stderr }
    }
    const problems = [
      'line 2: last_name: must not contain invisible characters',
      'line 3: unknown field: password',
      'line 4: it is not a JSON object',
      'line 5: it is not a JSON object',
    ]
    expect(await pipe()).toEqual({ code: 2, stdout: 'Imported: 1\nRefused: 4\n', stderr: `${problems.join('\n')}\n` })
    const login = { input: { email: `ada@${domain}`, password: 'rasmuslerdorf' } }
    expect((await service.graphql(LOGIN, login)).code).toBe('UNAUTHENTICATED')
    expect((await pipe()).stdout).toBe('Imported: 0\nSkipped, because they were imported before: 1\nRefused: 4\n')
  })

  it('stops at a file that it cannot read', async () => {
    const { code, stdout, stderr } = await run(await fileOf('email,pasword_hash\n'))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('Unknown columns: pasword_hash. The columns are email, username,')
  })

  it('prints nothing of a file that could control the terminal', async () => {
    const { code, stderr } = await run(await fileOf('email,\u001b]0;title\u0007\u202e\n'))
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Unknown columns: ?]0;title??.') })
  })

  it('refuses to write its report into the file that it reads', async () => {
    const content = 'email\nno address\n'
    const file = await fileOf(content)
    const link = join(folder, `${unique()}.csv`)
    await symlink(file, link)
    for (const report of [file, link]) {
      const { code, stderr } = await run(file, '--report', report)
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: 'The report must be another file than the one to import.\n',
      })
    }
    expect(await readFile(file, 'utf8')).toBe(content)
  })

  it('reads a pipe that has a name', async () => {
    // What a shell connects to a command is a pipe; what Node connects is a socket, which has no name.
    const child = spawn('sh', ['-c', 'cat | "$0" dist/cli.js user import /dev/stdin', process.execPath], {
      env: { PATH: process.env['PATH'], ...env },
    })
    child.stdin.end(`email\n${unique()}@example.com\n`)
    const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(stdout).toContain('Imported: 1,')
  })

  it('says which file is missing', async () => {
    expect(await run(join(folder, 'missing'))).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') })
  })
})

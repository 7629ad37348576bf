import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { createTestDatabase } from '../../support/database.js'
import { FOREIGN_HASHES } from '../../support/foreign-hashes.js'
import { type ImportCommand, startImportCommand } from '../../support/import-command.js'
import { startProgram } from '../../support/process.js'
import { privateMariadb } from '../../support/servers.js'
import { until } from '../../support/wait.js'

let command: ImportCommand

beforeAll(async () => {
  command = await startImportCommand()
})
afterAll(() => command.stop())

/** The accounts at this domain whose import is in the audit log once. */
const importEntriesAt = async (domain: string): Promise<number> => {
  const sql = `SELECT COUNT(*) AS count FROM (SELECT u.id FROM users u JOIN audit_entries e ON e.account_id = u.id
    WHERE u.email_key LIKE ? AND e.action = 'IMPORT_USER' AND e.actor = 'OPERATOR' GROUP BY u.id HAVING COUNT(*) = 1) one`
  return Number((await command.service.database.query<{ count: number }>(sql, [`%@${domain}`]))[0]?.count)
}

const secretOf = async (email: string) => {
  const sql = 'SELECT c.secret, u.generation FROM credentials c JOIN users u ON u.id = c.user_id WHERE u.email_key = ?'
  return (await command.service.database.query<{ secret: string; generation: number }>(sql, [email]))[0]
}

/** A domain of its own, and a file with so many users there, the hashes of every kind in turn. */
async function manyUsers(count: number) {
  const domain = `${unique()}.example`
  const kinds = Object.values(FOREIGN_HASHES)
  const users = Array.from({ length: count }, (_, n) => {
    const [hash, password = 'password'] = kinds[n % kinds.length]!
    return { email: `u${n}@${domain}`, username: `${domain.slice(0, 12)}_${n}`, hash, password }
  })
  const rows = users.map(({ email, username, hash }) => `${email},${username},"${hash}","Ada, ""the"" first"`)
  return { domain, users, file: await command.fileOf(`email,username,password_hash,first_name\n${rows.join('\n')}\n`) }
}

describe('user import', () => {
  it('imports users with hashes of every kind, who sign in, and whose hashes are replaced then', async () => {
    const { domain, users, file } = await manyUsers(2000)
    const { code, stdout, stderr } = await command.run(file)
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'Imported: 2000\nRefused: 0\n', stderr: '' })
    expect(await command.countAt(domain)).toBe(2000)
    expect(await importEntriesAt(domain)).toBe(2000)
    for (const { email, username, password } of users.slice(0, Object.keys(FOREIGN_HASHES).length)) {
      const before = await secretOf(email)
      const wrong = { input: { email, password: `${password}x` } }
      expect((await command.service.graphql(LOGIN, wrong)).code).toBe('UNAUTHENTICATED')
      expect(await secretOf(email)).toEqual(before)
      const { login } = await command.service.succeed(LOGIN, { input: { username, password } })
      const after = await until('the hash is replaced', async () => {
        const now = await secretOf(email)
        return now?.secret.startsWith('$argon2id$v=19$') ? now : null
      })
      expect(after.generation).toBe(before?.generation)
      await command.service.succeed('{ profile { id } }', {}, login.token as string)
      expect(await command.service.login({ email, password })).toHaveProperty('token')
    }
    const [sample] = await command.service.database.query<{ kinds: number }>(
      "SELECT COUNT(DISTINCT SUBSTRING_INDEX(secret, '$', 3)) AS kinds FROM (SELECT secret FROM credentials ORDER BY sample_key LIMIT 200) AS sample",
    )
    expect(Number(sample?.kinds)).toBeGreaterThan(5)
  })

  it('continues where it was killed, and imports nothing twice', async () => {
    const { domain, users, file } = await manyUsers(1300)
    // An uncommitted claim of a username stops the third batch in the middle of its transaction.
    const blocker = await command.service.database.connect()
    await blocker.query('START TRANSACTION')
    await blocker.query("INSERT INTO usernames (username_key, display, state) VALUES (?, ?, 'OWNED')", [
      users[1200]?.username,
      'x',
    ])
    const { child, finished } = command.start(file)
    await until('two batches are imported', async () => (await command.countAt(domain)) === 1000)
    await until('the third waits', async () => {
      const sql =
        "SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT INTO usernames%'"
      return (await command.service.database.query(sql)).length > 0
    })
    child.kill('SIGKILL')
    expect((await finished).code).toBeNull()
    await blocker.query('ROLLBACK')
    await blocker.end()
    expect(await command.countAt(domain)).toBe(1000)

    const next = await command.run(file)
    expect(next.stderr).toBe('Continuing after line 1001.\n')
    expect(next).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Imported: 300\nRefused: 0\n.*1000 imported/),
    })
    expect(await command.countAt(domain)).toBe(1300)
    expect(await importEntriesAt(domain)).toBe(1300)
    expect((await command.run(file)).stdout).toMatch(/^Imported: 0\nRefused: 0\n/)
    // An account that its owner has deleted since does not come back.
    await command.service.database.query('DELETE FROM users WHERE email_key = ?', [users[0]?.email])
    await command.run(file)
    expect(await command.countAt(domain)).toBe(1299)
    // A file with other lines is another one: the lines that were imported are skipped.
    const edited = await command.fileOf(`${await readFile(file, 'utf8')}new@${domain},,,\n`)
    expect(await command.run(edited)).toEqual({
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
      const settings = { ...command.env, DATABASE_URL: database.url }
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
    await Promise.all([command.run(file), command.run(file)])
    await command.run(file)
    expect(await command.countAt(domain)).toBe(1200)
  })
})

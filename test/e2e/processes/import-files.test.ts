import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LOGIN, unique } from '../../support/client.js'
import { BCRYPT, type ImportCommand, startImportCommand } from '../../support/import-command.js'

let command: ImportCommand

beforeAll(async () => {
  command = await startImportCommand()
})
afterAll(() => command.stop())

describe('the file of user import', () => {
  it('reports each line that it refuses, with its number and the reason, and imports the others', async () => {
    const domain = `${unique()}.example`
    const taken = await command.service.register()
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
    const file = await command.fileOf(content)
    const report = join(command.folder, 'report.csv')
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
    const trial = await command.run(file, '--dry-run', '--report', report)
    expect(trial).toEqual({
      code: 2,
      stdout: 'Would be imported: 2, of which 1 have no password\nRefused: 13\n',
      stderr: '',
    })
    expect(await command.countAt(domain)).toBe(0)
    const reported = (await readFile(report, 'utf8')).trimEnd().split('\n').slice(1)
    expect(reported.map((line) => line.replace(/,"(.*)"$/, ': $1')).toSorted()).toEqual(lines.toSorted())

    const real = await command.run(file)
    expect(real).toMatchObject({ code: 2, stdout: trial.stdout.replace('Would be imported', 'Imported') })
    expect(real.stderr.trimEnd().split('\n').toSorted()).toEqual(lines.map((line) => `line ${line}`).toSorted())
    const [ada] = await command.service.database.query(
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
    expect(await command.service.isAvailable(name)).toBe(false)
    expect((await command.service.graphql(LOGIN, { input: { email: `kim@${domain}`, password: '' } })).code).toBe(
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
        env: { PATH: process.env['PATH'], ...command.env },
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
    expect((await command.service.graphql(LOGIN, login)).code).toBe('UNAUTHENTICATED')
    expect((await pipe()).stdout).toBe('Imported: 0\nSkipped, because they were imported before: 1\nRefused: 4\n')
  })

  it('stops at a file that it cannot read', async () => {
    const { code, stdout, stderr } = await command.run(await command.fileOf('email,pasword_hash\n'))
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('Unknown columns: pasword_hash. The columns are email, username,')
  })

  it('prints nothing of a file that could control the terminal', async () => {
    const { code, stderr } = await command.run(await command.fileOf('email,\u001b]0;title\u0007\u202e\n'))
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Unknown columns: ?]0;title??.') })
  })

  it('refuses to write its report into the file that it reads', async () => {
    const content = 'email\nno address\n'
    const file = await command.fileOf(content)
    const link = join(command.folder, `${unique()}.csv`)
    await symlink(file, link)
    for (const report of [file, link]) {
      const { code, stderr } = await command.run(file, '--report', report)
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
      env: { PATH: process.env['PATH'], ...command.env },
    })
    child.stdin.end(`email\n${unique()}@example.com\n`)
    const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect(stdout).toContain('Imported: 1,')
  })

  it('says which file is missing', async () => {
    expect(await command.run(join(command.folder, 'missing'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT'),
    })
  })
})

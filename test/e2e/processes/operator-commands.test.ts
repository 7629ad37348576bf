import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { createSessionValidator } from '@postern/session'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHILD_ENVIRONMENT } from '../../support/child-environment.js'
import { LOGIN, unique } from '../../support/client.js'
import { command } from '../../support/commands.js'
import { addApp } from '../../support/factors.js'
import { testRedisUrl } from '../../support/redis.js'
import { startService, TEST_ENVIRONMENT, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let env: Record<string, string>

beforeAll(async () => {
  service = await startService()
  env = { ...TEST_ENVIRONMENT, DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
})
afterAll(() => service.stop())

const run = (...args: string[]) => command(args, env)

/** Returns the output, without its last line break. */
async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout.trimEnd()
}

describe('user show', () => {
  it('finds a user by email address, username and id', async () => {
    const { id, email, username } = await service.signUp()
    for (const name of [email.toUpperCase(), username, id]) {
      const shown = await succeed('user', 'show', name)
      for (const part of [id, email, username, 'USER', 'enabled']) expect(shown).toContain(part)
      expect(shown).toMatch(/^sessions +1$/m)
    }
  })

  it('finds the account of a mailbox by both notations of its domain', async () => {
    const name = unique()
    const { id } = await service.signUp({ email: `${name}@bücher.example` })
    for (const email of [`${name}@bücher.example`, `${name}@xn--bcher-kva.example`])
      expect(await succeed('user', 'show', email)).toContain(id)
  })

  it.each(['nobody@example.com', 'no-such-user', '00000000-0000-7000-8000-000000000000', 'ä'])(
    'says that there is no user %s',
    async (name) => {
      expect(await run('user', 'show', name)).toEqual({ code: 1, stdout: '', stderr: `There is no user ${name}.\n` })
    },
  )
})

it('user remove-second-factor turns two-step verification off for someone who has lost it', async () => {
  const user = await addApp(service, await service.signUp())
  expect(await succeed('user', 'show', user.id)).toMatch(/^second factor +since 20.*, 10 recovery codes left$/m)
  expect(await succeed('user', 'remove-second-factor', user.username)).toBe(
    `${user.username} has no second factor anymore and must sign in again, with the password alone.`,
  )
  expect((await service.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
  expect(await service.login(user)).toHaveProperty('token')
  const shown = await succeed('user', 'show', user.id)
  expect(shown).toMatch(/^second factor +none$/m)
  expect(shown).toMatch(/^password +yes$/m)
  expect(await succeed('user', 'remove-second-factor', user.email)).toBe(`${user.email} has no second factor.`)
})

describe('user disable', () => {
  it('ends every session everywhere and lets the user start none, until user enable', async () => {
    const sessions = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: testRedisUrl() })
    try {
      const user = await service.signUp()
      const second = await service.login(user)
      expect(sessions.validate(user.token).sub).toBe(user.id)
      expect(await succeed('user', 'disable', user.username)).toBe(`${user.username} is disabled. Ended: 2 sessions.`)
      for (const token of [user.token, second.token])
        expect((await service.graphql('{ profile { id } }', {}, token)).code).toBe('UNAUTHENTICATED')
      await until('the validator knows', () => {
        try {
          return !sessions.validate(user.token)
        } catch (error) {
          return (error as { code?: string }).code === 'revoked'
        }
      })
      const login = 'mutation ($input: LoginInput!) { login(input: $input) { token } }'
      const input = { email: user.email, password: user.password }
      expect((await service.graphql(login, { input })).code).toBe('UNAUTHENTICATED')
      expect(await succeed('user', 'show', user.id)).toMatch(/^state +disabled since 20/m)
      expect(await succeed('user', 'disable', user.id)).toBe(`${user.id} is already disabled.`)

      expect(await succeed('user', 'enable', user.email)).toBe(`${user.email} is enabled and can sign in again.`)
      expect(await succeed('user', 'enable', user.email)).toBe(`${user.email} is already enabled.`)
      expect((await service.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
      expect(await service.login(user)).toHaveProperty('token')
    } finally {
      await sessions.close()
    }
  })

  it('refuses the last administrator', async () => {
    const { id } = await service.signUp()
    expect(await succeed('user', 'role', id, 'admin')).toBe(`${id} now has the role ADMIN and must sign in again.`)
    expect(await succeed('user', 'role', id, 'ADMIN')).toBe(`${id} already has the role ADMIN.`)
    for (const args of [
      ['user', 'disable', id],
      ['user', 'role', id, 'USER'],
    ])
      expect(await run(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining('last administrator') })
    expect((await run('user', 'role', id, 'OWNER')).stderr).toBe('The role must be USER or ADMIN.\n')
  })
})

const codeIn = (output: string) =>
  /^Code for a password \(works once, for 10 minutes\): (\d{8})$/m.exec(output)?.[1] ?? ''

describe('user create', () => {
  it('creates a user and prints a code for the first password, which works once', async () => {
    const email = `${unique()}@example.com`
    const username = unique().slice(0, 20)
    const output = await succeed('user', 'create', email, '--username', username, '--role=ADMIN')
    expect(await succeed('user', 'show', username)).toMatch(/^role +ADMIN$/m)
    const set = (code: string, newPassword: string) =>
      service.graphql('mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }', {
        input: { email, code, newPassword },
      })
    // What was printed is no password.
    const input = { email, password: codeIn(output) }
    expect((await service.graphql(LOGIN, { input })).code).toBe('UNAUTHENTICATED')
    expect((await set(codeIn(output), 'violet tundra oboe')).code).toBeUndefined()
    expect((await set(codeIn(output), 'another violet tundra')).code).toBe('INVALID_CODE')
    expect(await service.login({ email, password: 'violet tundra oboe' })).toHaveProperty('token')

    const again = codeIn(await succeed('user', 'reset-password', username))
    expect((await set(again, 'another violet tundra')).code).toBeUndefined()
    expect(await service.login({ email, password: 'another violet tundra' })).toHaveProperty('token')
  })

  it('reads the password from stdin', async () => {
    const email = `${unique()}@example.com`
    const child = spawn(process.execPath, ['dist/cli.js', 'user', 'create', email, '--password-stdin'], {
      env: { ...CHILD_ENVIRONMENT, ...env },
    })
    child.stdin.end('a password of a person\n')
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    expect([code, output]).toEqual([0, expect.stringMatching(/^Created: \S+\n$/)])
    expect(await service.login({ email, password: 'a password of a person' })).toHaveProperty('token')
  })

  it('applies the rules of registration', async () => {
    const { email } = await service.register()
    expect(await run('user', 'create', 'no address')).toMatchObject({
      ...{ code: 1, stderr: expect.stringContaining('must look like ada@example.com') },
    })
    expect(await run('user', 'create', email)).toMatchObject({ code: 1, stderr: expect.stringContaining('exists') })
  })
})

describe('sessions', () => {
  it('are listed and ended, one or all', async () => {
    const user = await service.signUp()
    await service.login(user)
    const first = user.refreshToken.split('.')[0] ?? ''
    const listed = await succeed('sessions', 'list', user.username)
    expect(listed.split('\n')).toHaveLength(3)
    expect(listed).toContain(first)
    expect(await succeed('sessions', 'revoke', user.username, first)).toBe(`Ended: ${first}`)
    expect((await service.graphql('{ profile { id } }', {}, user.token)).code).toBe('UNAUTHENTICATED')
    expect(await run('sessions', 'revoke', user.username, first)).toMatchObject({ code: 1 })
    expect(await succeed('sessions', 'revoke', user.username)).toBe('Ended: 1')
    expect(await succeed('sessions', 'list', user.username)).toBe(`${user.username} has no active session.`)
  })

  it('of another user are not ended', async () => {
    const [one, other] = [await service.signUp(), await service.signUp()]
    const session = one.refreshToken.split('.')[0] ?? ''
    expect(await run('sessions', 'revoke', other.username, session)).toMatchObject({ code: 1 })
    await service.succeed('{ profile { id } }', {}, one.token)
  })
})

it('no user agent can control the terminal of an operator', async () => {
  const user = await service.signUp()
  await service.database.query('UPDATE sessions SET user_agent = ? WHERE user_id = ?', [
    `evil\u001b[2J\u009b2J\u202e`,
    user.id,
  ])
  expect(await succeed('sessions', 'list', user.id)).toContain('evil?[2J?2J?')
})

describe('dlq', () => {
  const CONSUMER = 'test'
  const EVENT = '00000000-0000-7000-8000-0000000000aa'

  async function bury(): Promise<void> {
    const { id } = await service.register()
    await service.database.query(
      `INSERT INTO outbox (id, type, user_id, seq, at, data, published_at)
       VALUES (?, 'user.deleted', ?, 99, UTC_TIMESTAMP(3), '{}', UTC_TIMESTAMP(3))`,
      [EVENT, id],
    )
    await service.database.query(
      `INSERT INTO event_deliveries (consumer, event_id, attempts, due_at, dead_at, reason)
       VALUES (?, ?, 7, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), 'the receiver does not respond')`,
      [CONSUMER, EVENT],
    )
  }

  it('lists what a consumer could not process, puts it back into the queue, or drops it', async () => {
    expect(await succeed('dlq', 'list')).toBe('There are no dead letters.')
    await bury()
    for (const listed of [await succeed('dlq', 'list'), await succeed('dlq', 'list', CONSUMER)])
      expect(listed).toMatch(/^test +0+-.*aa +user\.deleted +7 +\d{4}-\S+ +the receiver does not respond$/m)
    expect(await succeed('dlq', 'retry', CONSUMER, EVENT)).toBe('In the queue again: 1')
    const [row] = await service.database.query('SELECT attempts, dead_at FROM event_deliveries')
    expect(row).toEqual({ attempts: 0, dead_at: null })
    expect(await run('dlq', 'drop', CONSUMER, '--all')).toMatchObject({
      ...{ code: 1, stderr: 'test has no such dead letter.\n' },
    })
    await service.database.query('UPDATE event_deliveries SET dead_at = UTC_TIMESTAMP(3)')
    expect(await succeed('dlq', 'drop', CONSUMER, '--all')).toBe('Dropped: 1')
    expect(await service.database.query('SELECT 1 FROM event_deliveries')).toEqual([])
  })

  it.each([
    [['retry', CONSUMER], 'Name one event, or --all.'],
    [['drop', CONSUMER, EVENT, '--all'], 'Name one event, or --all.'],
    [['drop', CONSUMER, 'x'], '<event> must be the id of an event.'],
  ])('refuses %j', async (args, problem) => {
    expect(await run('dlq', ...args)).toEqual({ code: 1, stdout: '', stderr: `${problem}\n` })
  })
})

describe('audit', () => {
  it('verifies the log with and without a noted head, erases details, and fails after a change', async () => {
    const user = await service.signUp()
    const sealed = async () =>
      (await service.database.query('SELECT 1 FROM audit_entries WHERE position IS NULL')).length === 0
    await until('all entries are sealed', sealed)
    const verified = await succeed('audit', 'verify')
    expect(verified).toMatch(/^The audit log is intact: \d+ entries, of which 0 have no details any more\.$/m)
    const head = /^Head, to note elsewhere: (\d+:[\da-f]{64})$/m.exec(verified)?.[1] ?? ''
    expect(await succeed('audit', 'verify', '--from-head', head)).toContain('is intact')

    expect(await succeed('audit', 'erase', user.username)).toBe(
      `Erased the details of 2 entries about ${user.username}.`,
    )
    await until('all entries are sealed', sealed)
    expect(await succeed('audit', 'verify', '--from-head', head)).toContain('of which 2 have no details')

    await service.database.query(`UPDATE audit_entries SET facts = '[]' WHERE position = 1`)
    const failed = await run('audit', 'verify')
    expect(failed).toMatchObject({ code: 1, stdout: 'Position 1: The entry was changed, moved or inserted.\n' })
    await service.database.query(`UPDATE audit_entries SET facts = '{}' WHERE position = 1`)
  })

  it('says how a head is written', async () => {
    const message = '--from-head must be a position, a colon and a seal of 64 hex digits.\n'
    expect(await run('audit', 'verify', '--from-head', '12')).toEqual({ code: 1, stdout: '', stderr: message })
  })
})

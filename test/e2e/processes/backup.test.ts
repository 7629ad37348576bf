import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createSessionValidator, type SessionValidator } from '@postern/session'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { findMariadbDump } from '../../support/mariadb-dump.js'
import { startProgram } from '../../support/process.js'
import { privateMariadb, privateRedis, type PrivateServer } from '../../support/servers.js'
import { startInstance, TEST_ENVIRONMENT, type Instance } from '../../support/service.js'
import type { SignedIn } from '../../support/client.js'
import { until } from '../../support/wait.js'

const dump = findMariadbDump()
const PROFILE = '{ profile { id } }'
const LOGOUT = 'mutation { logout }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token } }'

let redis: PrivateServer
let fresh: PrivateServer
let validator: SessionValidator

beforeAll(async () => {
  ;[redis, fresh] = await Promise.all([privateRedis(), privateMariadb()])
  validator = await createSessionValidator({ secret: TEST_ENVIRONMENT.JWT_SECRET, redis: redis.url })
})
afterAll(async () => {
  await validator.close()
  await Promise.all([redis.remove(), fresh.remove()])
  dump?.remove()
})

const start = ({ url }: TestDatabase): Promise<Instance> => startInstance({ DATABASE_URL: url, REDIS_URL: redis.url })

/** As docs/operations.md has it. The statements of the dump. */
async function backUp({ url }: TestDatabase): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url)
  const server = [`--host=${hostname}`, `--port=${port}`, `--user=${username}`, `--password=${password}`]
  const { stdout } = await promisify(execFile)(
    dump?.path ?? '',
    ['--no-defaults', ...server, '--skip-ssl', '--single-transaction', '--hex-blob', pathname.slice(1)],
    { maxBuffer: 2 ** 28 },
  )
  return stdout
}

async function restore(statements: string): Promise<TestDatabase> {
  const restored = await createTestDatabase({ migrate: false, server: fresh.url })
  // The first line is a command of the client.
  await restored.query(statements.replace(/^\/\*M?!999999.*\n/, ''))
  return restored
}

const isRefused = (token: string) => {
  try {
    return !validator.validate(token)
  } catch (error) {
    return (error as { code?: string }).code === 'revoked'
  }
}

describe('a backup of MySQL', () => {
  it('is restored on a new server: sessions of the backup end, and no logout is forgotten', async (context: TestContext) => {
    context.skip(dump === null, 'mariadb-dump is neither installed nor in the packages of this machine')
    const original = await createTestDatabase()
    const before = await start(original)
    const endedBefore = await before.signUp()
    await before.succeed(LOGOUT, {}, endedBefore.token)
    const [stays, endedAfter] = [await before.signUp(), await before.signUp()]
    const statements = await backUp(original)
    // What the backup does not know.
    await before.succeed(LOGOUT, {}, endedAfter.token)
    const late: SignedIn = await before.signUp()
    await until('the validator knows the logout', () => isRefused(endedAfter.token))
    await before.stop()
    await original.drop()

    const database = await restore(statements)
    const cli = (...args: string[]) =>
      startProgram('cli.js', args, { ...TEST_ENVIRONMENT, DATABASE_URL: database.url, REDIS_URL: redis.url }).finished
    expect(await cli('migrate')).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' })
    expect(await cli('sessions', 'revoke-all')).toEqual({
      code: 0,
      stdout: 'Ended: 2 sessions of 2 users\n',
      stderr: '',
    })
    expect(
      await database.query("SELECT actor, facts FROM audit_entries WHERE action = 'REVOKE_USER_SESSIONS'"),
    ).toEqual(Array(2).fill({ actor: 'OPERATOR', facts: '{"reason":"every user"}' }))
    const after = await start(database)
    try {
      for (const { token, refreshToken } of [endedBefore, endedAfter, stays, late]) {
        expect((await after.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
        expect((await after.graphql(REFRESH, { token: refreshToken })).code).toBe('UNAUTHENTICATED')
      }
      for (const { token } of [endedBefore, endedAfter, stays])
        await until('the validator refuses the token', () => isRefused(token))
      const { token } = await after.login(stays)
      await after.succeed(PROFILE, {}, token)
      expect(validator.validate(token).sub).toBe(stays.id)
      await after.succeed(LOGOUT, {}, token)
      await until('the validator refuses it', () => isRefused(token))
      expect(await after.isAvailable(stays.username)).toBe(false)
      // The cache in Redis may still say that the username is taken. It decides no registration.
      await after.register({ email: late.email, username: late.username })
    } finally {
      await after.stop()
    }
  })

  it('leaves out what its transaction does not see, while the service writes', async (context: TestContext) => {
    context.skip(dump === null, 'mariadb-dump is neither installed nor in the packages of this machine')
    const original = await createTestDatabase()
    const service = await start(original)
    let over = false
    const traffic = Array.from({ length: 2 }, async () => {
      while (!over) await service.signUp()
    })
    await until('there is traffic', async () => (await original.query('SELECT 1 FROM sessions LIMIT 1')).length > 0)
    const statements = await backUp(original).finally(() => (over = true))
    await Promise.all(traffic)
    await service.stop()
    await original.drop()
    const database = await restore(statements)
    const orphans = await database.query(
      `SELECT u.id FROM users u LEFT JOIN credentials c ON c.user_id = u.id LEFT JOIN usernames n ON n.user_id = u.id
       WHERE c.id IS NULL OR n.user_id IS NULL`,
    )
    expect(orphans).toEqual([])
  })
})

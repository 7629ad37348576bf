import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { entriesAfterSignUp, storedEntries } from '../../support/audit.js'
import { LOGIN, unique } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service

beforeAll(async () => {
  service = await startService({ RATE_LIMIT_LOGIN: '3/60' })
})
afterAll(() => service.stop())

const entriesOf = (account: string) => storedEntries(service.database, { account })
const later = (user: { id: string }) => entriesAfterSignUp(service.database, user)

describe('failed logins', () => {
  const attempt = (input: object) => service.graphql(LOGIN, { input })

  it('are recorded with the account, or with the HMAC of a name that has none', async () => {
    const user = await service.signUp()
    const name = unique('secret-')
    await attempt({ email: user.email, password: 'wrong' })
    await attempt({ username: name, password: 'wrong' })
    const [failure] = await until('the failure is recorded', async () => {
      const found = await later(user)
      return found.length > 0 ? found : null
    })
    expect(failure).toMatchObject({ action: 'LOGIN', result: 'FAILURE', actor: 'UNKNOWN', actor_id: null })
    expect(failure).toMatchObject({ facts: '{"times":"1"}', ip_address: '127.0.0.1', name_mac: expect.any(String) })
    const logins = await until('the other one is recorded', async () => {
      const found = (await storedEntries(service.database, { action: 'LOGIN' })).filter((entry) => !entry.account_id)
      return found.length > 0 ? found : null
    })
    expect(logins[0]).toMatchObject({ result: 'FAILURE', name_mac: expect.stringMatching(/^[\da-f]{64}$/) })
    expect(JSON.stringify(logins)).not.toContain(name)
  })

  it('are counted in one entry per account, address and minute, with those that a lock refused apart', async () => {
    const user = await service.signUp()
    await Promise.all(Array.from({ length: 40 }, () => attempt({ email: user.email, password: 'wrong' })))
    const entries = await until('both are recorded', async () => {
      const found = await later(user)
      return found.length === 2 ? found : null
    })
    expect(entries.map(({ result }) => result).toSorted()).toEqual(['FAILURE', 'LOCKED'])
    for (const { facts } of entries) expect(facts).toMatch(/^\{"times":"\d+"\}$/)
  })

  it('that wait in memory are recorded without details if their account is deleted first', async () => {
    const other = await startInstance(
      { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() },
      { alone: true },
    )
    const [deleted, kept] = [await service.signUp(), await service.signUp()]
    for (const { email } of [deleted, kept]) await other.graphql(LOGIN, { input: { email, password: 'wrong' } })
    const input = { p: deleted.password }
    await service.succeed('mutation ($p: String!) { deleteAccount(password: $p) }', input, deleted.token)
    await other.stop()
    const failureOf = async ({ id }: { id: string }) => (await entriesOf(id)).find(({ result }) => result === 'FAILURE')
    expect(await failureOf(kept)).toMatchObject({ ip_address: '127.0.0.1', commitment: expect.any(String) })
    const nothing = { ip_address: null, user_agent: null, request_id: null, name_mac: null, commitment: null }
    expect(await failureOf(deleted)).toMatchObject({ facts: '{"times":"1"}', ...nothing })
  })

  it('that wait for a locked account keep no other entry from being sealed', async () => {
    const [locked, other] = [await service.signUp(), await service.signUp()]
    const blocker = await service.database.connect()
    await blocker.query('START TRANSACTION')
    await blocker.query('SELECT id FROM users WHERE id = ? FOR UPDATE', [locked.id])
    try {
      await attempt({ email: locked.email, password: 'wrong' })
      await until('the failure waits for the lock', async () => {
        const sql = `SELECT 1 FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%LOCK IN SHARE MODE'`
        return (await service.database.query(sql)).length > 0
      })
      await service.succeed('mutation { logout }', {}, other.token)
      await until('the logout is sealed', async () => (await entriesOf(other.id)).at(-1)?.position)
      expect(await later(locked)).toEqual([])
    } finally {
      await blocker.query('ROLLBACK')
      await blocker.end()
    }
    await until('the failure is recorded', async () => (await later(locked)).length === 1)
  })
})

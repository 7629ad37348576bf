import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hashOfToken, createLinkTokenOf } from '../../../src/services/verification/index.js'
import { LOGIN, REGISTER, type SignedIn } from '../../support/client.js'
import { verifyAddress } from '../../support/factors.js'
import { type Instance, type Service, startInstance, startService, TEST_ENVIRONMENT } from '../../support/service.js'
import { testRedisUrl } from '../../support/redis.js'

const DELETE = 'mutation ($password: String) { deleteAccount(password: $password) }'
const CANCEL = 'mutation ($token: String!) { cancelAccountDeletion(token: $token) }'
const DELETE_USER = 'mutation ($id: ID!) { deleteUser(userId: $id) }'
const PROFILE = '{ profile { id } }'
const ENV = { ACCOUNT_DELETION_GRACE: '604800' }

let service: Service
/** Another process of the deployment. Both run no jobs: the tests run each step. */
let other: Instance

beforeAll(async () => {
  service = await startService(ENV, { alone: true })
  other = await startInstance(
    { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl(), ...ENV },
    { alone: true },
  )
})
afterAll(async () => {
  await other.stop()
  await service.stop()
})

const tokenOf = createLinkTokenOf(TEST_ENVIRONMENT.REFRESH_KEY)

async function requestDeletion({ isVerified = true } = {}): Promise<SignedIn & { link: string }> {
  const user = await service.signUp()
  if (isVerified) await verifyAddress(service, user)
  await service.succeed(DELETE, { password: user.password }, user.token)
  const [event] = await service.database.query<{ id: string }>(
    "SELECT id FROM outbox WHERE user_id = ? AND type = 'user.deletion_requested'",
    [user.id],
  )
  return { ...user, link: tokenOf(event!.id) }
}

const loginOf = ({ email, password }: SignedIn) => service.graphql(LOGIN, { input: { email, password } })
const cancel = (token: string) => service.graphql(CANCEL, { token })
const step = (instance: Instance = service) => instance.app.background.deletions()
const endGrace = ({ id }: SignedIn) =>
  service.database.query(
    'UPDATE account_deletions SET due_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE user_id = ?',
    [id],
  )
const exists = async ({ id }: SignedIn) =>
  (await service.database.query('SELECT 1 FROM users WHERE id = ?', [id])).length > 0
const count = async (table: string, column: string, value: string, id: string) =>
  (
    await service.database.query(
      `SELECT 1 FROM ${table} WHERE ${column} = ? AND ${table === 'outbox' ? 'user_id' : 'account_id'} = ?`,
      [value, id],
    )
  ).length

describe('deleteAccount with a grace period', () => {
  it('ends the sessions, and says only to someone with the password that the account is being deleted', async () => {
    const user = await requestDeletion()
    expect((await service.graphql(PROFILE, {}, user.token)).code).toBe('UNAUTHENTICATED')
    const refused = (await loginOf(user)).errors[0]!
    expect(refused.extensions).toMatchObject({ code: 'ACCOUNT_DELETION_PENDING', dueAt: expect.any(String) })
    expect(refused.message).toMatch(/link in the mail/)
    const wrong = (await loginOf({ ...user, password: 'wrong password' })).errors[0]!
    expect(wrong.extensions).toMatchObject({ code: 'UNAUTHENTICATED', reason: 'INVALID_CREDENTIALS' })
    expect(await service.isAvailable(user.username)).toBe(false)
    expect((await service.graphql(REGISTER, { input: { email: user.email, password: user.password } })).code).toBe(
      'EMAIL_EXISTS',
    )
  })

  it('stores no token, and puts none into events', async () => {
    const { id, link } = await requestDeletion()
    const stored = JSON.stringify([
      await service.database.query('SELECT * FROM account_deletions WHERE user_id = ?', [id]),
      await service.database.query('SELECT * FROM outbox WHERE user_id = ?', [id]),
    ])
    expect(stored).not.toContain(link)
    expect(stored).toContain(hashOfToken(link))
  })

  it('requires the password, unless the account has none and the sign-in is recent', async () => {
    const user = await service.signUp()
    const without = await service.graphql(DELETE, {}, user.token)
    expect(without.errors[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'password' }] })
    await service.database.query('DELETE FROM credentials WHERE user_id = ?', [user.id])
    await service.succeed(DELETE, {}, user.token)
  })

  it('erases nothing before the end', async () => {
    const user = await requestDeletion()
    await step()
    expect(await exists(user)).toBe(true)
  })
})

describe('cancelAccountDeletion', () => {
  it('keeps the account, once', async () => {
    const user = await requestDeletion()
    expect((await cancel(user.link)).data).toEqual({ cancelAccountDeletion: true })
    await service.login(user)
    expect((await cancel(user.link)).code).toBe('INVALID_CODE')
    expect(await count('outbox', 'type', 'user.deletion_canceled', user.id)).toBe(1)
    expect(await count('outbox', 'type', 'user.enabled', user.id)).toBe(1)
    expect(await count('audit_entries', 'action', 'CANCEL_ACCOUNT_DELETION', user.id)).toBe(1)
  })

  it('is refused with a token that is wrong, of an earlier request, or too late', async () => {
    const user = await requestDeletion()
    for (const token of ['', 'nonsense', user.link.toLowerCase(), user.id])
      expect((await cancel(token)).code, token).toBe('INVALID_CODE')
    expect((await cancel('x'.repeat(200))).code).toBe('INVALID_INPUT')
    await cancel(user.link)
    const { token } = await service.login(user)
    await service.succeed(DELETE, { password: user.password }, token)
    expect((await cancel(user.link)).code).toBe('INVALID_CODE')
    await endGrace(user)
    expect((await cancel(user.link)).code).toBe('INVALID_CODE')
  })

  it('leaves an account disabled that an operator has disabled since', async () => {
    const user = await requestDeletion()
    const { operation } = service.app.services.accounts
    expect(await operation.disable(user.email)).toBe(0)
    expect(await operation.disable(user.email)).toBeNull()
    await cancel(user.link)
    expect((await loginOf(user)).code).toBe('UNAUTHENTICATED')
    expect(await operation.enable(user.email)).toBe(true)
    await service.login(user)
  })

  it('is also what an operator does who enables the account', async () => {
    const user = await requestDeletion()
    expect(await service.app.services.accounts.operation.enable(user.email)).toBe(true)
    await service.login(user)
    expect((await cancel(user.link)).code).toBe('INVALID_CODE')
  })

  it('by the owner of an address that someone else has registered ends what that one knows', async () => {
    const squatter = await requestDeletion({ isVerified: false })
    await cancel(squatter.link)
    expect((await loginOf(squatter)).code).toBe('UNAUTHENTICATED')
    expect(await service.database.query('SELECT 1 FROM credentials WHERE user_id = ?', [squatter.id])).toEqual([])
    await service.database.query('UPDATE account_deletions SET due_at = UTC_TIMESTAMP(3) WHERE user_id = ?', [
      squatter.id,
    ])
    await step()
    expect(await exists(squatter)).toBe(true)
    expect(await count('outbox', 'type', 'user.email_verified', squatter.id)).toBe(1)
  })

  it('and the erasure at the same moment: one of them happens', async () => {
    for (let round = 0; round < 3; round++) {
      const user = await requestDeletion()
      const past = new Date(Date.now() - 1000)
      const { cancellation, dueDeletions } = other.app.services.accounts
      const [canceled] = await Promise.all([
        cancellation.cancel(user.link, { ipAddress: null, userAgent: null, requestId: null }).then(
          () => true,
          () => false,
        ),
        service.database
          .query('UPDATE account_deletions SET due_at = ? WHERE user_id = ?', [past, user.id])
          .then(() => dueDeletions.step()),
      ])
      expect(await exists(user)).toBe(canceled)
    }
  })
})

describe('the mail with the way back', () => {
  const links = async ({ id }: SignedIn) =>
    (
      await service.database.query<{ data: string }>(
        "SELECT data FROM outbox WHERE user_id = ? AND type = 'mail.deletion_link_requested'",
        [id],
      )
    ).map(({ data }) => (JSON.parse(data) as { linkId: string }).linkId)

  it('is sent again, with the same link, to someone who has the password, five times an hour at most', async () => {
    const user = await requestDeletion()
    await loginOf({ ...user, password: 'wrong password' })
    expect(await links(user)).toEqual([])
    for (let i = 0; i < 6; i++) expect((await loginOf(user)).code).toBe('ACCOUNT_DELETION_PENDING')
    const sent = await links(user)
    expect(sent).toHaveLength(5)
    expect(new Set(sent.map(tokenOf))).toEqual(new Set([user.link]))
    expect((await cancel(user.link)).code).toBeUndefined()
    await service.login(user)
    expect(await links(user)).toHaveLength(5)
  })

  it('is not sent for an account that an operator has disabled', async () => {
    const user = await service.signUp()
    await service.app.services.accounts.operation.disable(user.id)
    expect((await loginOf(user)).code).toBe('UNAUTHENTICATED')
    expect(await links(user)).toEqual([])
  })
})

describe('the job that erases accounts', () => {
  it('erases each account once, in whichever process', async () => {
    const users = [await requestDeletion(), await requestDeletion(), await requestDeletion()]
    for (const user of users) await endGrace(user)
    await Promise.all([step(), step(other), step(), step(other)])
    for (const user of users) {
      expect(await exists(user)).toBe(false)
      expect(await count('outbox', 'type', 'user.deleted', user.id)).toBe(1)
      expect(await count('audit_entries', 'action', 'DELETE_ACCOUNT', user.id)).toBe(1)
      expect((await loginOf(user)).code).toBe('UNAUTHENTICATED')
    }
  })

  it('leaves an account whole that it could not erase, and repeats it', async () => {
    const user = await requestDeletion()
    const healthy = await requestDeletion()
    await endGrace(user)
    await endGrace(healthy)
    await service.database.query(
      `CREATE TRIGGER refuse BEFORE DELETE ON users FOR EACH ROW
       IF OLD.id = '${user.id}' THEN SIGNAL SQLSTATE '45000'; END IF`,
    )
    await expect(step()).rejects.toThrow()
    expect(await exists(healthy)).toBe(false)
    expect(await exists(user)).toBe(true)
    expect(await count('outbox', 'type', 'user.deleted', user.id)).toBe(0)
    expect((await loginOf(user)).code).toBe('ACCOUNT_DELETION_PENDING')
    await service.database.query('DROP TRIGGER refuse')
    await step()
    expect(await exists(user)).toBe(false)
  })
})

describe('deleteUser', () => {
  it('erases any account at once, also one that is being deleted', async () => {
    const admin = await service.signUpAdmin((email) =>
      service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null),
    )
    const user = await service.signUp()
    const waiting = await requestDeletion()
    for (const { id } of [user, waiting]) await service.succeed(DELETE_USER, { id }, admin.token)
    for (const one of [user, waiting]) expect(await exists(one)).toBe(false)
    expect((await service.graphql(PROFILE, {}, user.token)).code).toBe('UNAUTHENTICATED')
    expect((await cancel(waiting.link)).code).toBe('INVALID_CODE')

    const someone = await service.signUp()
    expect((await service.graphql(DELETE_USER, { id: someone.id }, someone.token)).code).toBe('FORBIDDEN')
    for (const id of [user.id, 'nonsense'])
      expect((await service.graphql(DELETE_USER, { id }, admin.token)).code).toBe('NOT_FOUND')
    expect((await service.graphql(DELETE_USER, { id: admin.id }, admin.token)).code).toBe('FORBIDDEN')
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { codeAfter } from '../../support/mail-codes.js'
import { NO_CLIENT } from '../../support/no-client.js'
import { type Service, startService } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service

beforeAll(async () => {
  service = await startService({ REGISTRATION: 'invite', TERMS_VERSION: '1', TERMS_URL: 'https://example.com/terms' })
})
afterAll(() => service.stop())

const UPDATE = 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }'

/** Every row of every table. */
async function everything(): Promise<Map<string, string>> {
  const tables = await service.database.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'",
  )
  const contents = new Map<string, string>()
  for (const { name } of tables)
    contents.set(name, JSON.stringify(await service.database.query(`SELECT * FROM \`${name}\``)))
  return contents
}

it('nothing of a deleted user is left in any table, except what docs/privacy.md names', async () => {
  const { accounts } = service.app.services
  const { succeed, login } = service
  const hook = 'mutation ($url: String!) { registerWebhook(input: { url: $url, enabled: false }) { webhook { id } } }'
  const [canary, password] = [unique('canary'), 'correct horse']
  const [email, newEmail] = [`${canary}@example.com`, `new-${canary}@example.com`]
  const boss = await accounts.registration.register(
    { email: `${unique()}@example.com`, password },
    NO_CLIENT,
    'operator',
  )
  await accounts.roles.setRole({ id: boss.id }, 'ADMIN', null)
  const admin = (await login({ email: boss.email, password })).token
  await succeed(hook, { url: 'https://receiver.example.com/hook' }, admin)
  // A disabled webhook gets no events: the deliveries are made as if it had been enabled.
  await service.database.query(
    'UPDATE webhook_endpoints SET enabled = TRUE, paced_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY',
  )

  const { code } = (
    await succeed(
      'mutation ($email: String!) { createInvitation(input: { email: $email }) { code } }',
      { email },
      admin,
    )
  ).createInvitation as { code: string }
  const names = { username: canary.slice(0, 30), firstName: `First${canary}`, lastName: `Last${canary}` }
  const registered = await succeed('mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }', {
    input: { email, password, ...names, invitationCode: code, termsVersion: '1' },
  })
  const { id } = registered.register.user as { id: string }
  let { token } = await login({ email, password })
  const profile = {
    phoneNumber: '+44 20 7946 0958',
    address: { streetName: `Street ${canary}`, city: `City ${canary}` },
  }
  await succeed(UPDATE, { input: profile }, token)
  await expect(login({ email, password: 'wrong password' })).rejects.toThrow()
  await codeAfter(service, email, () =>
    succeed('mutation ($email: String!) { requestPasswordReset(email: $email) }', { email }),
  )
  const request = 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }'
  const confirmation = await codeAfter(service, newEmail, () =>
    succeed(request, { input: { newEmail, password } }, token),
  )
  await succeed('mutation ($code: String!) { confirmEmailChange(code: $code) }', { code: confirmation }, token)
  ;({ token } = await login({ email: newEmail, password }))
  await succeed(
    'mutation ($email: String!) { createInvitation(input: { email: $email }) { code } }',
    { email: newEmail },
    admin,
  )
  await succeed('mutation { exportMyData { json } requestDataExport }', {}, token)
  await until('the failed login is in the audit log', async () => {
    const rows = await service.database.query("SELECT 1 FROM audit_entries WHERE result = 'FAILURE'")
    return rows.length > 0
  })
  await until(
    'deliveries are waiting',
    async () => (await everything()).get('webhook_deliveries')?.includes(canary) === true,
  )
  const before = await everything()
  const held = [...before].flatMap(([table, rows]) => (rows.includes(canary) ? [table] : []))
  // Otherwise the test would find nothing because there was nothing.
  expect(held).toEqual(expect.arrayContaining(['users', 'outbox', 'webhook_deliveries', 'invitations', 'usernames']))

  await succeed('mutation ($p: String!) { deleteAccount(password: $p) }', { p: password }, token)
  await until('nothing is left in the queues', async () => {
    // The receiver is gone.
    await service.database.query("UPDATE webhook_deliveries SET status = 'FAILED', due_at = NULL")
    await service.database.query('UPDATE account_deletions SET due_at = UTC_TIMESTAMP(3)')
    return (await service.database.query('SELECT 1 FROM account_deletions')).length === 0
  })

  const after = await everything()
  const left = [...after].flatMap(([table, rows]) =>
    rows.includes(canary) || rows.includes('7946 0958') ? [table] : [],
  )
  expect(left).toEqual(['usernames'])
  const withId = [...after].flatMap(([table, rows]) => (rows.includes(id) ? [table] : []))
  const named = ['audit_entries', 'outbox', 'processed_events', 'revocations', 'webhook_deliveries']
  expect(withId.filter((table) => !named.includes(table))).toEqual([])
  // Receivers still learn that the account is gone.
  expect(after.get('webhook_deliveries')).toContain('user.deleted')
  // The details of the user's own entries, with their address.
  expect(
    await service.database.query(
      'SELECT 1 FROM audit_details d JOIN audit_entries e ON e.id = d.entry_id WHERE e.actor_id = ?',
      [id],
    ),
  ).toEqual([])
})

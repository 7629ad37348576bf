import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { REGISTER, type SignedIn, unique } from '../../support/client.js'
import { mailsAreHandled } from '../../support/mail-codes.js'
import { testRedisUrl } from '../../support/redis.js'
import { NO_CLIENT } from '../../support/no-client.js'
import { type Instance, type Service, startInstance, startService } from '../../support/service.js'

const CREATE =
  'mutation ($input: CreateInvitationInput!) { createInvitation(input: $input) { code mailed invitation { id email uses usesLeft expiresAt } } }'
const LIST = '{ invitations { id usesLeft revokedAt } }'
const REVOKE = 'mutation ($id: ID!) { revokeInvitation(id: $id) }'

let open: Service
const modes: Record<string, Instance> = {}
let admin: SignedIn

beforeAll(async () => {
  open = await startService()
  const shared = { DATABASE_URL: open.database.url, REDIS_URL: testRedisUrl() }
  for (const mode of ['invite', 'closed'])
    modes[mode] = await startInstance({ ...shared, REGISTRATION: mode }, { alone: true })
  modes['hidden'] = await startInstance(
    { ...shared, REGISTRATION: 'invite', HIDE_REGISTRATION: 'true', REQUIRE_VERIFIED_EMAIL: 'true' },
    { alone: true },
  )
  admin = await open.signUpAdmin((email) => open.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))
})
afterAll(async () => {
  for (const instance of Object.values(modes)) await instance.stop()
  await open.stop()
})

const newEmail = () => `${unique()}@example.com`
const create = async (input: object = {}) =>
  (await open.succeed(CREATE, { input }, admin.token)).createInvitation as {
    code: string
    mailed: boolean
    invitation: { id: string; email: string | null; uses: number; usesLeft: number; expiresAt: string }
  }
const register = (invitationCode?: string, email = newEmail(), instance = modes['invite']!) =>
  instance.graphql(REGISTER, { input: { email, password: 'correct horse', invitationCode } })
const usesLeft = async (id: string) =>
  ((await open.succeed(LIST, {}, admin.token)).invitations as { id: string; usesLeft: number }[]).find(
    (one) => one.id === id,
  )?.usesLeft

describe('REGISTRATION', () => {
  it('is in the policy, and decides who can register', async () => {
    const modeOf = async (instance: Instance) =>
      (await instance.succeed('{ policy { registration } }')).policy.registration
    expect([await modeOf(open), await modeOf(modes['invite']!), await modeOf(modes['closed']!)]).toEqual([
      ...['OPEN', 'INVITE', 'CLOSED'],
    ])
    expect((await register(undefined, newEmail(), open)).errors).toEqual([])
    const { code } = await create()
    expect((await register(code, newEmail(), modes['closed'])).code).toBe('REGISTRATION_CLOSED')
    const { registration } = modes['closed']!.app.services.accounts
    await registration.register({ email: newEmail(), password: 'correct horse' }, NO_CLIENT, 'operator')
  })
})

describe('an invitation', () => {
  it('is used once, however its code is typed', async () => {
    const { code, invitation } = await create()
    expect(invitation).toMatchObject({ email: null, uses: 1, usesLeft: 1 })
    expect((await register(` ${code.toLowerCase().replaceAll('-', ' ')} `)).errors).toEqual([])
    expect((await register(code)).code).toBe('INVALID_INVITATION')
    expect(await usesLeft(invitation.id)).toBe(0)
  })

  it('of two who use the last one at once, one gets an account', async () => {
    const { code, invitation } = await create({ uses: 2 })
    const answers = await Promise.all(Array.from({ length: 6 }, () => register(code)))
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(2)
    expect(new Set(answers.map(({ code: error }) => error))).toEqual(new Set([undefined, 'INVALID_INVITATION']))
    expect(await usesLeft(invitation.id)).toBe(0)
  })

  it('is not used up by a registration that fails', async () => {
    const { code, invitation } = await create()
    expect((await register(code, admin.email)).code).toBe('EMAIL_EXISTS')
    expect(await usesLeft(invitation.id)).toBe(1)
  })

  it('is refused if it is missing, wrong, expired, revoked, or for someone else, and says the same each time', async () => {
    const email = newEmail()
    const bound = await create({ email })
    expect(bound).toMatchObject({ mailed: true, invitation: { email } })
    const expired = await create()
    await open.database.query('UPDATE invitations SET expires_at = UTC_TIMESTAMP(3) WHERE id = ?', [
      expired.invitation.id,
    ])
    const revoked = await create()
    await open.succeed(REVOKE, { id: revoked.invitation.id }, admin.token)
    const problems = []
    for (const code of [undefined, '', 'AAAA-AAAA-AAAA-AAAA', bound.code, expired.code, revoked.code]) {
      const { extensions, message } = (await register(code)).errors[0]!
      problems.push({ code: extensions.code, path: extensions.fields?.[0]?.path, message })
    }
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1)
    expect(problems[0]).toMatchObject({ code: 'INVALID_INVITATION', path: 'invitationCode' })
    expect((await register(bound.code, email.toUpperCase())).errors).toEqual([])
  })

  it('is stored as a hash, and its code is in no event', async () => {
    const { code } = await create({ email: newEmail() })
    const stored = JSON.stringify([
      await open.database.query('SELECT * FROM invitations'),
      await open.database.query("SELECT * FROM outbox WHERE type = 'mail.invitation_created'"),
    ])
    expect(stored).not.toContain(code)
    expect(stored).not.toContain(code.replaceAll('-', ''))
  })

  it('shows nothing about hidden accounts: a known address uses it up, too', async () => {
    const user = await open.register()
    for (const email of [user.email, newEmail()]) {
      const { code, invitation } = await create()
      const answer = await register(code, email, modes['hidden'])
      expect(answer.data).toMatchObject({ register: { user: null } })
      expect(await usesLeft(invitation.id)).toBe(0)
      expect((await register(code, newEmail(), modes['hidden'])).code).toBe('INVALID_INVITATION')
    }
    await mailsAreHandled(open)
  })

  it('is for administrators, within limits', async () => {
    const user = await open.signUp()
    for (const [query, variables] of [
      [CREATE, { input: {} }],
      [LIST, {}],
      [REVOKE, { id: user.id }],
    ] as const) {
      expect((await open.graphql(query, variables, user.token)).code).toBe('FORBIDDEN')
      expect((await open.graphql(query, variables)).code).toBe('UNAUTHENTICATED')
    }
    for (const input of [
      { uses: 0 },
      { uses: 1001 },
      { uses: 2, email: newEmail() },
      { expiresAt: '2020-01-01T00:00:00Z' },
      { expiresAt: '2100-01-01T00:00:00Z' },
      { email: 'nonsense' },
    ])
      expect((await open.graphql(CREATE, { input }, admin.token)).code, JSON.stringify(input)).toBe('INVALID_INPUT')
    const { invitation } = await create()
    await open.succeed(REVOKE, { id: invitation.id }, admin.token)
    for (const id of [invitation.id, user.id, 'nonsense'])
      expect((await open.graphql(REVOKE, { id }, admin.token)).code).toBe('NOT_FOUND')
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as administration from '../../../packages/client/src/admin.js'
import { createClient } from '../../../packages/client/src/index.js'
import { LOGIN, type SignedIn, unique } from '../../support/client.js'
import { addApp, ageProof, REAUTHENTICATE } from '../../support/factors.js'
import { administratorsMutations } from '../../support/schema-calls.js'
import { startService, type Service } from '../../support/service.js'

const SEARCH = 'query ($text: String!, $first: Int) { searchUsers(text: $text, first: $first) { id } }'
const ACCOUNT = `{
  user { id } status disabledAt deletionDueAt lockedUntil hasPassword mfa { isEnabled recoveryCodesLeft }
  sessions { id current } passkeys { id } oauthAccounts { id } }`
const MANAGED = `query ($id: ID!) { managedAccount(userId: $id) ${ACCOUNT} }`
const DISABLE = `mutation ($id: ID!) { disableUser(userId: $id) ${ACCOUNT} }`
const ENABLE = `mutation ($id: ID!) { enableUser(userId: $id) ${ACCOUNT} }`
const REVOKE = 'mutation ($id: ID!, $session: ID!) { revokeUserSession(userId: $id, sessionId: $session) }'
const DELETE = 'mutation ($password: String) { deleteAccount(password: $password) }'
const REFRESH = 'mutation ($token: String!) { refreshToken(token: $token) { token refreshToken } }'
const PROFILE = '{ profile { id } }'
const NO_ONE = '01900000-0000-7000-8000-000000000000'

let service: Service
let admin: SignedIn

beforeAll(async () => {
  service = await startService({ ACCOUNT_DELETION_GRACE: '604800', RATE_LIMIT_LOGIN: '3/60' })
  admin = await newAdmin()
})
afterAll(() => service.stop())

const newAdmin = () =>
  service.signUpAdmin((email) => service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null))

const as = (query: string, variables: object, { token }: { token: string } = admin) =>
  service.succeed(query, variables, token)
const codeOf = async (query: string, variables: object, { token }: { token: string } = admin) =>
  (await service.graphql(query, variables, token)).code ?? 'works'
const sessionOf = ({ refreshToken }: Pick<SignedIn, 'refreshToken'>) => refreshToken.split('.')[0]!
const isSignedIn = async ({ token }: { token: string }) =>
  (await service.graphql(PROFILE, {}, token)).code === undefined

async function foundBy(text: string, first?: number): Promise<string[]> {
  const { searchUsers } = await as(SEARCH, { text, first })
  return (searchUsers as { id: string }[]).map(({ id }) => id)
}

describe('searchUsers', () => {
  const part = unique('f')
  const ids: Record<string, string> = {}

  beforeAll(async () => {
    const accounts: [string, string, string][] = [
      ['exact', `${unique()}@example.com`, part],
      ['longer', `${unique()}@example.com`, `${part.toUpperCase()}_b`],
      ['byAddress', `${part}.a@Example.com`, unique()],
      ['byOtherAddress', `${part}.b@bücher.example.com`, unique()],
      ['wildcards', `${part}_%|@example.com`, unique()],
    ]
    for (const [name, email, username] of accounts) ids[name] = (await service.register({ email, username })).id
  })

  const namesFoundBy = async (text: string, first?: number) =>
    (await foundBy(text, first)).map((id) => Object.keys(ids).find((name) => ids[name] === id))

  it('finds what usernames and addresses start with: an exact match first, then both in turn', async () => {
    const all = ['exact', 'byAddress', 'longer', 'byOtherAddress', 'wildcards']
    expect(await namesFoundBy(` ${part.toUpperCase()}`)).toEqual(all)
    expect(await namesFoundBy(part, 2)).toEqual(all.slice(0, 2))
    expect(await namesFoundBy(`${part}.a@example.com`)).toEqual(['byAddress'])
    expect(await namesFoundBy(`${part}.b@xn--bcher-kva.example.com`)).toEqual(['byOtherAddress'])
    expect(await namesFoundBy(ids['longer']!.toUpperCase())).toEqual(['longer'])
  })

  it('takes wildcards as they are, and finds nothing in the middle', async () => {
    expect(await namesFoundBy(`${part}_%|`)).toEqual(['wildcards'])
    expect(await namesFoundBy(`${part}_`)).toEqual(['longer', 'wildcards'])
    for (const text of ['%', '_', '|', `%${part}`, part.slice(1), `${part}\\`, 'ß', NO_ONE])
      expect(await foundBy(text), text).toEqual([])
  })

  it('does not find a user by a username that they have released', async () => {
    const { token, username } = await service.signUp()
    await as('mutation { updateProfile(input: { username: null }) { id } }', {}, { token })
    expect(await foundBy(username)).toEqual([])
  })

  it.each([[' '], ['x'.repeat(255)], ['a\u0000b'], ['a\u200bb']])('refuses the text %j', async (text) => {
    expect(await codeOf(SEARCH, { text })).toBe('INVALID_INPUT')
  })

  it.each([[0], [51]])('refuses a list of %i', async (first) => {
    expect(await codeOf(SEARCH, { text: 'a', first })).toBe('INVALID_INPUT')
  })
})

describe('managedAccount', () => {
  it('shows sessions, ways to sign in, and until when logins are refused', async () => {
    const user = await addApp(service, await service.signUp())
    for (let i = 0; i < 3; i++) await service.graphql(LOGIN, { input: { email: user.email, password: 'wrong' } })
    const { managedAccount } = await as(MANAGED, { id: user.id })
    expect(managedAccount).toEqual({
      ...{ user: { id: user.id }, status: 'ACTIVE', disabledAt: null, deletionDueAt: null, hasPassword: true },
      mfa: { isEnabled: true, recoveryCodesLeft: 10 },
      sessions: [{ id: sessionOf(user), current: false }],
      ...{ passkeys: [], oauthAccounts: [], lockedUntil: expect.any(String) },
    })
    const { managedAccount: own } = await as(MANAGED, { id: admin.id })
    expect(own).toMatchObject({ sessions: [{ id: sessionOf(admin), current: true }], lockedUntil: null })
  })
})

describe('disableUser and enableUser', () => {
  it('end every session, refuse every sign-in until the account is enabled, and say who did it', async () => {
    const user = await service.signUp()
    const { disableUser } = await as(DISABLE, { id: user.id })
    expect(disableUser).toMatchObject({ status: 'DISABLED', disabledAt: expect.any(String), sessions: [] })
    expect(await isSignedIn(user)).toBe(false)
    expect(await codeOf(REFRESH, { token: user.refreshToken })).toBe('UNAUTHENTICATED')
    expect(await codeOf(LOGIN, { input: { email: user.email, password: user.password } })).toBe('UNAUTHENTICATED')
    // Again: nothing happens.
    await as(DISABLE, { id: user.id })
    expect((await as(ENABLE, { id: user.id }))['enableUser']).toMatchObject({ status: 'ACTIVE', disabledAt: null })
    await service.login(user)
    const audited = await service.database.query(
      "SELECT action, actor_id AS actor FROM audit_entries WHERE account_id = ? AND action LIKE '%ABLE_USER' ORDER BY id",
      [user.id],
    )
    expect(audited).toEqual([
      { action: 'DISABLE_USER', actor: admin.id },
      { action: 'ENABLE_USER', actor: admin.id },
    ])
    const events = await service.database.query(
      "SELECT type, data FROM outbox WHERE user_id = ? AND type LIKE 'user.%abled' ORDER BY seq",
      [user.id],
    )
    expect(events).toEqual([
      { type: 'user.disabled', data: '{"by":"admin"}' },
      { type: 'user.enabled', data: '{"by":"admin"}' },
    ])
  })

  it('tell an account that its user deletes from one that is disabled besides', async () => {
    const user = await service.signUp()
    await as(DELETE, { password: user.password }, user)
    const due = { disabledAt: expect.any(String), deletionDueAt: expect.any(String) }
    expect((await as(MANAGED, { id: user.id }))['managedAccount']).toMatchObject({
      status: 'DELETION_REQUESTED',
      ...due,
    })
    expect((await as(DISABLE, { id: user.id }))['disableUser']).toMatchObject({ status: 'DISABLED', ...due })
    const enabled = { status: 'ACTIVE', disabledAt: null, deletionDueAt: null }
    expect((await as(ENABLE, { id: user.id }))['enableUser']).toMatchObject(enabled)
  })

  it('leave no session of a login or a refresh that happens at the same time', async () => {
    for (let round = 0; round < 4; round++) {
      const user = await service.signUp()
      const login = () => service.graphql(LOGIN, { input: { email: user.email, password: user.password } })
      const refresh = () => service.graphql(REFRESH, { token: user.refreshToken })
      const [first, second, refreshed] = await Promise.all([login(), login(), refresh(), as(DISABLE, { id: user.id })])
      const issued = [first.data?.['login'], second.data?.['login'], refreshed.data?.['refreshToken'], user].filter(
        Boolean,
      )
      for (const session of issued as SignedIn[]) {
        expect(await isSignedIn(session)).toBe(false)
        expect(await codeOf(REFRESH, { token: session.refreshToken })).toBe('UNAUTHENTICATED')
      }
    }
  })

  it('leave one of two administrators who disable each other at once', async () => {
    for (let round = 0; round < 4; round++) {
      const [left, right] = [await newAdmin(), await newAdmin()]
      const codes = await Promise.all([
        codeOf(DISABLE, { id: right.id }, left),
        codeOf(DISABLE, { id: left.id }, right),
      ])
      expect(codes.filter((code) => code === 'works')).toHaveLength(1)
      expect([await isSignedIn(left), await isSignedIn(right)].filter(Boolean)).toHaveLength(1)
      expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(codes.find((code) => code !== 'works'))
    }
  })
})

describe('revokeUserSession', () => {
  it('ends one session of the user, once, and no other', async () => {
    const user = await service.signUp()
    const other = await service.login(user)
    const variables = { id: user.id, session: sessionOf(user) }
    await as(REVOKE, variables)
    expect([await isSignedIn(user), await isSignedIn(other)]).toEqual([false, true])
    expect(await codeOf(REVOKE, variables)).toBe('NOT_FOUND')
    expect(await codeOf(REVOKE, { id: admin.id, session: sessionOf(other) })).toBe('NOT_FOUND')
  })
})

it.each([
  ['disableUser', 'oneself', DISABLE, () => admin.id, 'FORBIDDEN'],
  ['disableUser', 'no account', DISABLE, () => NO_ONE, 'NOT_FOUND'],
  ['enableUser', 'no account', ENABLE, () => NO_ONE, 'NOT_FOUND'],
  ['managedAccount', 'no account', MANAGED, () => NO_ONE, 'NOT_FOUND'],
  ['disableUser', 'what is no id', DISABLE, () => 'ä', 'NOT_FOUND'],
  ['managedAccount', 'what is no id', MANAGED, () => 'ä', 'NOT_FOUND'],
])('%s refuses %s, and other users', async (_operation, _what, query, id, code) => {
  expect(await codeOf(query, { id: id() })).toBe(code)
  const user = await service.signUp()
  expect(await codeOf(query, { id: id() }, user)).toBe('FORBIDDEN')
})

describe('a recent proof', () => {
  const mutations = administratorsMutations()
  let stale: SignedIn
  let user: SignedIn

  beforeAll(async () => {
    user = await service.signUp()
    const account = await newAdmin()
    stale = { ...account, ...(await ageProof(service, account, 601)) }
  })

  it.each(mutations)('is required for $name', async ({ query }) => {
    const { extensions } = (await service.graphql(query, {}, stale.token)).errors[0]!
    expect(extensions).toMatchObject({ code: 'REAUTHENTICATION_REQUIRED', maxAge: 600 })
    expect(await codeOf(query, {}, user)).toBe('FORBIDDEN')
  })

  it('is required for all of them, but not to read, and `reauthenticate` gives one', async () => {
    expect(mutations.length).toBeGreaterThan(20)
    await as(MANAGED, { id: user.id }, stale)
    await as(SEARCH, { text: user.username }, stale)
    const { reauthenticate } = await as(REAUTHENTICATE, { input: { password: stale.password } }, stale)
    await as(DISABLE, { id: user.id }, reauthenticate as SignedIn)
  })
})

it('@postern/client/admin has a call for each of them', async () => {
  const user = await service.signUp()
  await service.login(user)
  const client = createClient({ url: `${service.url}/graphql` })
  await client.login({ email: admin.email, password: admin.password })
  expect(await administration.searchUsers(client, user.username, { first: 1 })).toMatchObject([{ id: user.id }])
  await administration.revokeUserSession(client, user.id, sessionOf(user))
  expect((await administration.managedAccount(client, user.id)).sessions).toHaveLength(1)
  expect(await administration.revokeUserSessions(client, user.id)).toBe(1)
  expect(await administration.disableUser(client, user.id)).toMatchObject({ status: 'DISABLED' })
  expect(await administration.enableUser(client, user.id)).toMatchObject({ status: 'ACTIVE' })
  expect(await administration.setUserRole(client, user.id, 'ADMIN')).toMatchObject({ role: 'ADMIN' })
  client.close()
})

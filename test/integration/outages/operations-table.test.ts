import { readFileSync } from 'node:fs'
import { parse, visit } from 'graphql'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSchema } from '../../../src/schema/sdl.js'
import { createAuthenticator } from '../../support/authenticator.js'
import { LOGIN, REGISTER, type SignedIn, unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import type { Purpose } from '../../../src/services/passkeys/challenges.js'
import {
  challengeAt,
  FINISH_LOGIN,
  FINISH_REAUTHENTICATION,
  FINISH_REGISTRATION,
  PASSKEYS,
  REMOVE,
  RENAME,
  sessionOf,
  START_LOGIN,
  START_REAUTHENTICATION,
  START_REGISTRATION,
} from '../../support/passkeys.js'
import { keyCommands, keysFolder } from '../../support/keys.js'
import { privateMariadb, privateRedis, type PrivateServer } from '../../support/servers.js'
import { startInstance, type Instance } from '../../support/service.js'
import { until } from '../../support/wait.js'

let mariadb: PrivateServer
let cache: PrivateServer
let stream: PrivateServer
let database: TestDatabase
let service: Instance
let keys: Awaited<ReturnType<typeof keysFolder>>
let admin: SignedIn

beforeAll(async () => {
  ;[mariadb, cache, stream] = await Promise.all([privateMariadb(), privateRedis(), privateRedis()])
  database = await createTestDatabase({ server: mariadb.url })
  // The account of the test server may write although the server is read-only.
  await database.query("CREATE USER service@'%' IDENTIFIED BY 'secret'")
  await database.query("GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO service@'%'")
  const url = new URL(database.url)
  url.username = 'service'
  url.password = 'secret'
  keys = await keysFolder()
  await keyCommands(keys.path, {}).rotate()
  service = await startInstance({
    // Shared Signals need both.
    ...{ KEYS_DIR: keys.path, JWT_ISSUER: 'https://auth.example.com' },
    ...{ JWT_SECRET: '', REVOCATION_KEY: 'r'.repeat(32) },
    DATABASE_URL: url.toString(),
    REDIS_URL: cache.url,
    REVOCATION_REDIS_URL: stream.url,
    DATABASE_TIMEOUT: '3',
    ...{ TERMS_VERSION: '1', TERMS_URL: 'https://example.com/terms' },
    // A provider that is needed only when the browser is back.
    ...{ GITHUB_CLIENT_ID: 'client', GITHUB_CLIENT_SECRET: 'secret' },
  })
  admin = await service.signUpAdmin((email) =>
    database.query('UPDATE users SET role = ?, generation = generation + 1 WHERE email = ?', ['ADMIN', email]),
  )
  const id = await registerWebhook()
  const { testWebhook } = await service.succeed(
    'mutation ($id: ID!) { testWebhook(id: $id) { id } }',
    { id },
    admin.token,
  )
  webhook = { id, delivery: testWebhook.id as string }
  streamId = await createStream()
  await addPasskey(passkey)
  for (let i = 0; i < COLUMNS.length; i++) {
    passkeyIds.push(await addPasskey())
    spareTokens.push((await service.login(admin)).token)
    others.push(await registerWebhook())
    otherStreams.push(await createStream())
  }
})
afterAll(async () => {
  await service.stop()
  await Promise.all([mariadb.remove(), cache.remove(), stream.remove(), keys.remove()])
})

const onRedis = async (server: PrivateServer, ...[command, ...values]: [string, ...string[]]) => {
  const client = new Redis(server.url)
  await client.call(command, ...values)
  client.disconnect()
}

interface State {
  begin: () => unknown
  end: () => unknown
}

const statesOf = (server: () => PrivateServer, refusing: State): Record<string, State> => ({
  down: { begin: () => server().kill(), end: () => server().restart() },
  slow: { begin: () => server().freeze(), end: () => server().thaw() },
  refusing,
})

/** `refusing`: it answers, but takes no writes. */
const STATES: Record<string, Record<string, State>> = {
  MySQL: statesOf(() => mariadb, {
    begin: () => database.query('SET GLOBAL read_only = 1'),
    end: () => database.query('SET GLOBAL read_only = 0'),
  }),
  'Redis: cache': statesOf(() => cache, {
    begin: () => onRedis(cache, 'CONFIG', 'SET', 'maxmemory', '1'),
    end: () => onRedis(cache, 'CONFIG', 'SET', 'maxmemory', '0'),
  }),
  'Redis: stream': statesOf(() => stream, {
    begin: () => onRedis(stream, 'CONFIG', 'SET', 'maxmemory', '1'),
    end: () => onRedis(stream, 'CONFIG', 'SET', 'maxmemory', '0'),
  }),
}

const CHECK = 'query ($username: String!) { checkUsernameAvailability(username: $username) { available } }'
const UPDATE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token } }'
const CHANGE_PASSWORD = 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }'
const OWN = `query ($id: ID!, $ids: [ID!]!) {
  profile { id } sessions { id } usernameHistory { username } node(id: $id) { id } nodes(ids: $ids) { id }
}`
const FIND = `query ($id: ID!, $email: String!) {
  searchUsers(text: $email) { id }
  managedAccount(userId: $id) {
    status lockedUntil hasPassword mfa { isEnabled } sessions { id } passkeys { id } oauthAccounts { id }
  }
}`
const DISABLE = `mutation ($id: ID!, $session: ID!) {
  revokeUserSession(userId: $id, sessionId: $session)
  disableUser(userId: $id) { status }
  enableUser(userId: $id) { status }
}`
const ADMINISTER = `mutation ($id: ID!, $username: String!) {
  setUserRole(userId: $id, role: ADMIN) { id }
  revokeUserSessions(userId: $id)
  protectUsername(username: $username)
  unprotectUsername(username: $username)
}`

const CHANGE_WEBHOOKS = `mutation ($id: ID!) {
  updateWebhook(id: $id, input: { description: "A receiver" }) { id }
  rotateWebhookSecret(id: $id) { secret }
  testWebhook(id: $id) { id }
  registerWebhook(input: { url: "https://receiver.invalid/", enabled: false }) { secret }
}`
const REPLAY_AND_DELETE = `mutation ($id: ID!, $delivery: ID!, $other: ID!) {
  replayWebhookDelivery(id: $delivery) { id }
  replayWebhookDeliveries(webhookId: $id, since: "2026-01-01T00:00:00Z")
  deleteWebhook(id: $other)
}`
const REGISTER_WEBHOOK = 'mutation { registerWebhook(input: { url: "https://receiver.invalid/" }) { webhook { id } } }'

async function registerWebhook(): Promise<string> {
  const { registerWebhook: registered } = await service.succeed(REGISTER_WEBHOOK, {}, admin.token)
  return registered.webhook.id as string
}

/** A webhook, and a delivery to it. */
let webhook: { id: string; delivery: string }
/** Webhooks that can be deleted. */
const others: string[] = []

const CREATE_STREAM =
  'mutation { createSignalStream(input: { audience: "https://receiver.invalid", delivery: POLL }) { stream { id } } }'
const CHANGE_STREAMS = `mutation ($id: ID!, $other: ID!) {
  createSignalStream(input: { audience: "https://receiver.invalid", delivery: POLL }) { token }
  updateSignalStream(input: { id: $id, description: "A receiver" }) { id }
  rotateSignalStreamToken(id: $id) { token }
  requestSignalVerification(id: $id)
  deleteSignalStream(id: $other)
}`

async function createStream(): Promise<string> {
  const { createSignalStream: created } = await service.succeed(CREATE_STREAM, {}, admin.token)
  return created.stream.id as string
}

const LOCAL = { origin: 'http://localhost:0', rpId: 'localhost' }
/** Of the administrator. */
const passkey = createAuthenticator(LOCAL)
/** Passkeys that can be removed. */
const passkeyIds: string[] = []
/** Of the administrator: a proof ends the token that it is sent with. */
const spareTokens: string[] = []

async function addPasskey(authenticator = createAuthenticator(LOCAL)): Promise<string> {
  const { startPasskeyRegistration } = await service.succeed(START_REGISTRATION, {}, admin.token)
  const input = { response: authenticator.create(startPasskeyRegistration.publicKey) }
  return (await service.succeed(FINISH_REGISTRATION, { input }, admin.token)).finishPasskeyRegistration.id as string
}

let streamId: string
/** Streams that can be deleted. */
const otherStreams: string[] = []

const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>

const outcome = async (answer: Promise<{ code: string | undefined }>) => (await answer).code ?? 'works'

async function httpOutcome(path: string, token?: string): Promise<string> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return String((await fetch(`${service.url}${path}`, { headers })).status)
}

/** One outcome if all paths have the same. */
async function httpOutcomes(...paths: string[]): Promise<string> {
  const outcomes = await Promise.all(paths.map((path) => httpOutcome(path)))
  return [...new Set(outcomes)].join(', ')
}

/** One outcome if all have the same. */
const alike = (...outcomes: string[]): string => [...new Set(outcomes)].join(', ')

const graphql = (query: string, variables: object, token?: string) => outcome(service.graphql(query, variables, token))

/** They have found out who the user is, and that there are no such services. */
const answered = (code: string): string => (code === 'FORBIDDEN' ? 'works' : code)

const BESIDE = `{
  myConsents { edges { cursor } } consentHistory { nextPage } notifications { edges { cursor } }
  unreadNotificationCount notificationSettings { timeZone } pushDevices { id } webPushKey
}`
const CHANGE_BESIDE = `mutation {
  grantConsent(input: { purpose: "user.profile", textVersion: 1 }) { id } revokeConsent(purpose: "user.profile") { id }
  exportMyConsents { content } markNotificationsRead(ids: [])
}`

/** Each that takes a user gets one of its own, who signed in before the outage. */
const OPERATIONS: Record<string, (user: SignedIn) => Promise<string>> = {
  '`policy`': () => graphql('{ policy { passwordMinLength } }', {}),
  '`checkUsernameAvailability`, recently taken': ({ username }) => graphql(CHECK, { username }),
  '`checkUsernameAvailability`, other usernames': () => graphql(CHECK, { username: unique() }),
  '`profile`, `sessions`, `usernameHistory`, `node`, `nodes`': ({ id, token }) =>
    graphql(OWN, { id, ids: [id] }, token),
  '`users`, `protectedUsernames`': () =>
    graphql('{ users { edges { node { id } } } protectedUsernames }', {}, admin.token),
  '`searchUsers`, `managedAccount`': ({ id, email }) => graphql(FIND, { id, email }, admin.token),
  '`auditLog`, `myActivity`': () =>
    graphql('{ auditLog { edges { node { id } } } myActivity { edges { node { id } } } }', {}, admin.token),
  '`usernameStats`': () => graphql('{ usernameStats { checks } }', {}, admin.token),
  '`login`': ({ email, password }) => graphql(LOGIN, { input: { email, password } }),
  '`refreshToken`': ({ refreshToken }) =>
    graphql('mutation ($token: String!) { refreshToken(token: $token) { token } }', { token: refreshToken }),
  '`register`': ({ password }) =>
    graphql(REGISTER, { input: { email: `${unique()}@example.com`, username: unique(), password } }),
  '`updateProfile`': ({ token }) =>
    graphql('mutation { updateProfile(input: { firstName: "Ada" }) { id } }', {}, token),
  '`updatePassword`': ({ token, password: oldPassword }) => {
    const newPassword = 'purple monkey stapler'
    return graphql(UPDATE_PASSWORD, { input: { oldPassword, newPassword, confirmNewPassword: newPassword } }, token)
  },
  '`changePassword`': ({ token, password: oldPassword }) => {
    const newPassword = 'purple monkey stapler'
    return graphql(CHANGE_PASSWORD, { input: { oldPassword, newPassword, confirmNewPassword: newPassword } }, token)
  },
  '`consentPurposes`': async () => answered(await graphql('{ consentPurposes { name } }', {})),
  '`myConsents`, `consentHistory`, `notifications`, `unreadNotificationCount`, `notificationSettings`, `pushDevices`, `webPushKey`':
    async ({ token }) => answered(await graphql(BESIDE, {}, token)),
  '`grantConsent`, `revokeConsent`, `exportMyConsents`, `markNotificationsRead`, `updateNotificationSettings`, `registerPushDevice`, `removePushDevice`':
    async ({ token }) => answered(await graphql(CHANGE_BESIDE, {}, token)),
  '`oauthAccounts`': ({ token }) => graphql('{ oauthAccounts { id } }', {}, token),
  // All others write, too.
  '`initiateOAuth`, `completeOAuth`, `initiateOAuthLink`, `linkOAuth`, `unlinkOAuth`': () =>
    graphql('mutation { initiateOAuth(provider: "github", redirectTo: "/account") { binding } }', {}),
  '`logout`': ({ token }) => graphql('mutation { logout }', {}, token),
  '`logoutAll`': ({ token }) => graphql('mutation { logoutAll }', {}, token),
  '`revokeSession`': ({ token }) =>
    graphql('mutation ($id: ID!) { revokeSession(id: $id) }', { id: claimsOf(token)['sid'] }, token),
  '`deleteAccount`': ({ token, password }) =>
    graphql('mutation ($password: String!) { deleteAccount(password: $password) }', { password }, token),
  '`exportMyData`, `requestDataExport`, `downloadDataExport`, `cancelAccountDeletion`, `acceptTerms`': ({ token }) =>
    graphql('mutation { exportMyData { json } requestDataExport acceptTerms(version: "1") { id } }', {}, token),
  '`deleteUser`, `createInvitation`, `revokeInvitation`': ({ id }) =>
    graphql(
      'mutation ($id: ID!) { createInvitation(input: {}) { code } deleteUser(userId: $id) }',
      { id },
      admin.token,
    ),
  '`invitations`': () => graphql('{ invitations { id } }', {}, admin.token),
  '`resendVerificationCode`, `requestPasswordReset`': ({ email }) =>
    graphql(
      'mutation ($email: String!) { resendVerificationCode(email: $email) requestPasswordReset(email: $email) }',
      { email },
    ),
  '`verifyEmail`, `resetPassword`, `confirmEmailChange`': async ({ email, token }) => {
    const outcomes = [
      await graphql(
        `
          mutation ($email: String!) {
            verifyEmail(input: { email: $email, code: "00000000" })
          }
        `,
        { email },
      ),
      await graphql(
        `
          mutation ($email: String!) {
            resetPassword(input: { email: $email, code: "00000000", newPassword: "purple monkey stapler" })
          }
        `,
        { email },
      ),
      await graphql(
        `
          mutation {
            confirmEmailChange(code: "00000000")
          }
        `,
        {},
        token,
      ),
    ]
    // They have read the code, and counted the guess.
    return [...new Set(outcomes.map((one) => (one === 'INVALID_CODE' ? 'works' : one)))].join(', ')
  },
  '`mfa`, `startMfaEnrollment`': async ({ token }) => {
    const outcomes = [
      await graphql('{ mfa { isEnabled } }', {}, token),
      await graphql('mutation { startMfaEnrollment { expiresAt } }', {}, token),
    ]
    // It has read that the address is not verified.
    return [...new Set(outcomes.map((one) => (one === 'EMAIL_NOT_VERIFIED' ? 'works' : one)))].join(', ')
  },
  '`verifyMfa`, `reauthenticate`, `enableMfa`, `disableMfa`, `replaceRecoveryCodes`': async ({ token, password }) => {
    const input = { challenge: `mfa_${'a'.repeat(43)}`, code: '123456' }
    const outcomes = [
      await graphql('mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { token } }', { input }),
      await graphql('mutation { disableMfa { token } }', {}, token),
      await graphql('mutation { replaceRecoveryCodes }', {}, token),
      await graphql(
        'mutation ($password: String!) { reauthenticate(input: { password: $password }) { token } }',
        { password },
        token,
      ),
    ]
    // They have found no challenge, and no second factor.
    const isAnswer = (one: string) => one === 'UNAUTHENTICATED' || one === 'NOT_FOUND'
    return [...new Set(outcomes.map((one) => (isAnswer(one) ? 'works' : one)))].join(', ')
  },
  '`requestEmailChange`': ({ email, password, token }) =>
    graphql(
      'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
      { input: { newEmail: `new-${email}`, password } },
      token,
    ),
  '`startPasskeyLogin`': () => graphql(START_LOGIN, {}),
  '`passkeys`, `startPasskeyRegistration`, `startPasskeyReauthentication`': async () =>
    alike(
      await graphql(PASSKEYS, {}, admin.token),
      await graphql(START_REGISTRATION, {}, admin.token),
      await graphql(START_REAUTHENTICATION, {}, admin.token),
    ),
  '`finishPasskeyLogin`': () =>
    graphql(FINISH_LOGIN, { input: { response: passkey.get({ challenge: challengeAt(new Date(), 'login') }) } }),
  '`finishPasskeyRegistration`, `finishPasskeyReauthentication`, `renamePasskey`, `removePasskey`': async ({
    token,
  }) => {
    const answering = (purpose: Purpose, to: string) => ({ challenge: challengeAt(new Date(), purpose, sessionOf(to)) })
    const created = createAuthenticator(LOCAL).create({ ...answering('register', token), user: { id: '' } })
    const spare = spareTokens.pop() ?? ''
    const used = passkey.get(answering('reauthenticate', spare))
    const id = passkeyIds.pop()
    return alike(
      await graphql(FINISH_REGISTRATION, { input: { response: created } }, token),
      await graphql(FINISH_REAUTHENTICATION, { response: used }, spare),
      await graphql(RENAME, { input: { id, name: 'A passkey' } }, admin.token),
      await graphql(REMOVE, { id }, admin.token),
    )
  },
  '`setUserRole`, `revokeUserSessions`, `protectUsername`, `unprotectUsername`': ({ id }) =>
    graphql(ADMINISTER, { id, username: unique() }, admin.token),
  '`disableUser`, `enableUser`, `revokeUserSession`': ({ id, token }) =>
    graphql(DISABLE, { id, session: claimsOf(token)['sid'] }, admin.token),
  '`webhooks`, `webhookDeliveries`': () =>
    graphql(
      'query ($id: ID!) { webhooks { edges { node { id } } } webhookDeliveries(webhookId: $id) { edges { node { id } } } }',
      { id: webhook.id },
      admin.token,
    ),
  '`registerWebhook`, `updateWebhook`, `rotateWebhookSecret`, `testWebhook`': () =>
    graphql(CHANGE_WEBHOOKS, { id: webhook.id }, admin.token),
  '`deleteWebhook`, `replayWebhookDelivery`, `replayWebhookDeliveries`': () =>
    graphql(REPLAY_AND_DELETE, { ...webhook, other: others.pop() }, admin.token),
  '`signalStreams`': () => graphql('{ signalStreams { edges { node { id } } } }', {}, admin.token),
  '`createSignalStream`, `updateSignalStream`, `rotateSignalStreamToken`, `deleteSignalStream`, `requestSignalVerification`':
    () => graphql(CHANGE_STREAMS, { id: streamId, other: otherStreams.pop() }, admin.token),
  '`/livez`, `/health/live`, `/metrics`, `/metrics/health`': () =>
    httpOutcomes('/livez', '/health/live', '/metrics', '/metrics/health'),
  '`/readyz`, `/health/ready`, `/health`': () => httpOutcomes('/readyz', '/health/ready', '/health'),
  '`/circuit-breaker/status`': () => httpOutcome('/circuit-breaker/status', admin.token),
}

/** The table of docs/operations.md: what each operation answers in each state of each store. */
function documented(): Map<string, string[]> {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const rows = text.split('\n').filter((line) => line.startsWith('|'))
  return new Map(
    rows.map((row) => {
      const [operation = '', ...cells] = row.split('|').slice(1, -1)
      return [operation.trim(), cells.map((cell) => cell.trim().replaceAll('`', ''))]
    }),
  )
}

const COLUMNS = Object.entries(STATES).flatMap(([store, states]) =>
  Object.entries(states).map(([name, state]) => ({ store, name, state, title: `${store} ${name}` })),
)

const serviceRecovers = () =>
  until('everything works again', async () => {
    const ready = (await fetch(`${service.url}/health/ready`)).ok
    return ready && service.app.breakers().every(({ state }) => state === 'closed')
  })

describe('docs/operations.md', () => {
  it.each(COLUMNS)('says what each operation answers while $title', async ({ title, state }) => {
    const column = COLUMNS.findIndex((one) => one.title === title)
    const table = documented()
    const users = new Map<string, SignedIn>()
    for (const [operation, { length }] of Object.entries(OPERATIONS))
      if (length > 0) users.set(operation, await service.signUp())
    // So that the process cache and Redis have them.
    for (const { username } of users.values()) await service.isAvailable(username)
    const actual: Record<string, string> = {}
    await state.begin()
    try {
      // One after the other: the first one waits, the others are refused.
      for (const [operation, run] of Object.entries(OPERATIONS))
        actual[operation] = await run(users.get(operation) ?? admin)
    } finally {
      await state.end()
      await serviceRecovers()
    }
    const expected = Object.fromEntries(
      Object.keys(OPERATIONS).map((operation) => [operation, table.get(operation)?.[column]]),
    )
    expect(actual).toEqual(expected)
    // What was acknowledged is still there: a logout, for example.
    for (const [operation, { token }] of users)
      if (/logout|revokeSession|deleteAccount|changePassword/.test(operation) && actual[operation] === 'works')
        expect(await graphql('{ profile { id } }', {}, token)).toBe('UNAUTHENTICATED')
  })

  it('lists every operation of the schema', () => {
    const listed = [...documented().keys()].flatMap((operation) => operation.match(/\w+/g) ?? [])
    const operations: string[] = []
    for (const text of readSchema())
      visit(parse(text), {
        // docs/subscriptions.md has what happens to subscriptions.
        ObjectTypeExtension({ name: type, fields = [] }) {
          if (type.value !== 'Subscription') operations.push(...fields.map(({ name }) => name.value))
        },
      })
    expect(operations.length).toBeGreaterThan(20)
    expect(operations.filter((name) => !listed.includes(name))).toEqual([])
  })

  it('lists every store and state that is tested', () => {
    const [, stores] = [...documented().entries()].find(([operation]) => operation === 'operation') ?? []
    expect(stores).toEqual(COLUMNS.map(({ title }) => title))
  })
})

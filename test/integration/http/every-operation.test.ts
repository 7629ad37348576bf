import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { page } from '../../support/cookies.js'
import { createAuthenticator } from '../../support/authenticator.js'
import { PAGE as PASSKEY_PAGE } from '../../support/passkeys.js'
import { rawPost, sendRaw, type RawAnswer } from '../../support/raw-http.js'
import { startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

/** The same service twice, each with a database: with plans of known documents, and with Apollo Server only. */
let planned: Service
let plain: Service

const ORIGIN = 'https://app.example.com'
const PASSWORD = 'correct horse'

const WEBHOOK = '{ webhook { id url description eventTypes enabled disabledReason createdAt } }'
/** A URL that no request is sent to: its webhook is disabled. */
const HOOK = 'https://receiver.example.com/hook'

beforeAll(async () => {
  const env = { ALLOWED_ORIGINS: ORIGIN, GITHUB_CLIENT_ID: 'client', GITHUB_CLIENT_SECRET: 'secret' }
  planned = await startService(env)
  plain = await startService({ ...env, HOT_PATH: 'false' })
})
afterAll(async () => {
  await planned.stop()
  await plain.stop()
})

type Mode = 'Bearer' | 'cookies'
type Role = 'nobody' | 'user' | 'admin'

interface Person {
  id: string
  email: string
  username: string
  refreshToken: string
  sessionId: string
  /** What identifies the session. */
  headers: Record<string, string>
}

interface Operation {
  name: string
  query: string
  as?: Role
  operationName?: string
  variables?: (self: Person, other: Person) => object
  /** Whether it fails. */
  fails?: boolean
  /** It is sent by accounts that others have used. */
  changesNothing?: boolean
}

/** Names are as long on both services, so that lengths are equal. */
let serial = 1000
const nameOn = (service: Service, n: number, part: string) => `${service === planned ? 'left' : 'rite'}${n}${part}`

const nobody = (mode: Mode): Person => ({
  ...{ id: 'none', email: 'none', username: 'none', refreshToken: 'none', sessionId: 'none' },
  headers: mode === 'cookies' ? page(ORIGIN) : {},
})

async function person(service: Service, n: number, part: string, mode: Mode, role: Role): Promise<Person> {
  const username = nameOn(service, n, part)
  const email = `${username}@example.com`
  const { id } = await service.register({ email, username, password: PASSWORD })
  if (role === 'admin') await service.app.services.accounts.roles.setRole({ email }, 'ADMIN', null)
  if (role === 'nobody') return { ...nobody(mode), id, email, username }
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { token refreshToken } }'
  const headers = mode === 'cookies' ? page(ORIGIN) : {}
  const answer = await sendRaw(
    service.url,
    rawPost({ query, variables: { input: { email, password: PASSWORD } } }, headers),
  )
  const { token, refreshToken } = JSON.parse(answer.body).data.login as { token: string; refreshToken: string }
  const cookie = cookiesIn(answer)
    .map((line) => line.split(';')[0])
    .join('; ')
  const access = token || (/access=([^;]+)/.exec(cookie)?.[1] ?? '')
  const { sid } = JSON.parse(Buffer.from(access.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  return {
    ...{ id, email, username, refreshToken, sessionId: sid },
    headers: mode === 'cookies' ? { ...headers, cookie } : { authorization: `Bearer ${token}` },
  }
}

const cookiesIn = ({ headers }: RawAnswer): string[] =>
  headers.filter((_, i) => headers[i - 1]?.toLowerCase() === 'set-cookie' && i % 2 === 1)

/** Without what differs from request to request: ids, times, tokens, cursors and the names of {@link nameOn}. */
const normalized = ({ status, headers, body }: RawAnswer) => ({
  status,
  headers: headers.map((text) => normalizedText(text)),
  body: normalizedText(body),
})
const normalizedText = (text: string) =>
  text
    .replaceAll(
      /("(?:token|refreshToken|deviceToken|challenge|code|cursor|startCursor|endCursor|binding)":")[\w.=-]+/g,
      '$1<secret>',
    )
    .replaceAll(/((?:state|code_challenge|nonce)=)[\w-]{43}/g, '$1<secret>')
    .replaceAll(/(__Host-postern-\w+=)[\w.-]+/g, '$1<secret>')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/Max-Age=\d+/g, 'Max-Age=<seconds>')
    .replaceAll(/(?:left|rite)\d{4}/g, '<name>')

async function answeredByPlan(): Promise<number> {
  const text = await planned.app.metrics.text()
  return Number(/^postern_graphql_requests_total\{path="hot"\} (\d+)$/m.exec(text)?.[1] ?? 0)
}

interface People {
  self: Person
  other: Person
}

/** Who sends it, and someone else, if it needs them. */
async function newPeople(service: Service, n: number, { as = 'user', variables }: Operation, mode: Mode) {
  const needed = variables?.length ?? 0
  return {
    self: needed > 0 || as !== 'nobody' ? await person(service, n, 'a', mode, as) : nobody(mode),
    other: needed > 1 ? await person(service, n, 'b', mode, 'nobody') : nobody(mode),
  }
}

/** Those of operations that change nothing: on both services, by mode and role. */
const shared = new Map<string, Promise<[People, People]>>()

const onBoth = (people: (service: Service) => Promise<People>) => Promise.all([people(planned), people(plain)])

function peopleFor(operation: Operation, mode: Mode): Promise<[People, People]> {
  const n = serial++
  if (!operation.changesNothing) return onBoth((service) => newPeople(service, n, operation, mode))
  const { as = 'user' } = operation
  const everyone = { ...operation, variables: (self: Person, other: Person) => ({ self, other }) }
  const key = `${mode} ${as}`
  const known = shared.get(key) ?? onBoth((service) => newPeople(service, n, everyone, mode))
  shared.set(key, known)
  return known
}

/** Sends it to both services, with the same changes before. Returns whether a plan answered. */
async function expectAlike(operation: Operation, mode: Mode): Promise<boolean> {
  const { name, query, variables, fails = false, changesNothing = false, operationName } = operation
  const people = await peopleFor(operation, mode)
  const before = await answeredByPlan()
  const sendBoth = () =>
    Promise.all(
      [planned, plain].map(async ({ url }, i) => {
        const { self, other } = people[i]!
        const body = { query, operationName, variables: variables?.(self, other) }
        return normalized(await sendRaw(url, rawPost(body, self.headers)))
      }),
    )
  const [left, right] = await until('no store is late, as on a busy machine', async () => {
    const answers = await sendBoth()
    const isLate = !fails && answers.some(({ body }) => body.includes('SERVICE_UNAVAILABLE'))
    return !(isLate && changesNothing) && answers
  })
  expect(left).toEqual(right)
  expect({ name, fails: left?.body.startsWith('{"errors"') }).toEqual({ name, fails })
  return (await answeredByPlan()) > before
}

/** Apollo Server answers the first time, and the plan that it leaves behind from then on. */
async function expectPlanned(operation: Operation): Promise<void> {
  await expectAlike(operation, 'Bearer')
  const byPlan = [await expectAlike(operation, 'Bearer'), await expectAlike(operation, 'cookies')]
  if (!operation.fails) expect(byPlan).toEqual([true, true])
}

const USER =
  '{ __typename id email username firstName lastName phoneNumber address { streetName city state zipCode country } role isEmailVerified marketingOptIn termsAcceptedAt lastLoginAt disabledAt createdAt updatedAt }'
const MANAGED =
  '{ user { id email } status disabledAt deletionDueAt lockedUntil sessions { id current } hasPassword mfa { isEnabled enabledAt recoveryCodesLeft isRequired } passkeys { id } oauthAccounts { id } }'
const PAGE = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor }'
const ENTRY =
  '{ id at action result actor actorId accountId facts { name value } ipAddress userAgent requestId detailsErased }'

const SUCCESSES: Operation[] = [
  { name: 'profile', query: `{ profile ${USER} }` },
  { name: 'profile twice', query: '{ profile { id } again: profile { email } }' },
  {
    name: 'profile in fragments',
    query:
      'query { ...A } fragment A on Query { profile { ...B ... on Node { id } ... { role } } } fragment B on User { email }',
  },
  { name: 'sessions', query: '{ sessions { id createdAt lastUsedAt expiresAt ipAddress userAgent current } }' },
  { name: 'usernameHistory', query: '{ usernameHistory { username claimedAt releasedAt heldUntil } }' },
  {
    name: 'myActivity',
    query: `query { myActivity(first: 2) { edges { cursor node ${ENTRY} } ${PAGE} } more: myActivity(last: 1) { edges { node { at } } } __typename }`,
  },
  {
    name: 'node',
    query: 'query ($id: ID!) { node(id: $id) { __typename id ... on User { email } ... on Session { current } } }',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'nodes',
    query: 'query ($id: ID!) { nodes(ids: [$id, "nothing"]) { id ...U } } fragment U on User { username }',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'policy',
    query:
      '{ policy { passwordMinLength usernameRenames usernameRenamePeriod usernameHold captcha { siteKey scriptUrl } verifiedEmailRequired registrationHidden oauthProviders { name label } passkeyDomain } }',
    as: 'nobody',
  },
  { name: 'oauthAccounts', query: '{ oauthAccounts { id provider label email createdAt lastUsedAt } }' },
  {
    name: 'initiateOAuth',
    query:
      'mutation { initiateOAuth(provider: "github", redirectTo: "/account") { authorizationUrl binding expiresAt } }',
    as: 'nobody',
  },
  {
    name: 'checkUsernameAvailability',
    query:
      'query ($username: String!) { checkUsernameAvailability(username: $username) { available username reason message suggestions } profile { id } }',
    variables: () => ({ username: 'not-yet-taken' }),
  },
  {
    name: 'users',
    query: `{ users(first: 2, role: USER) { edges { cursor node { role isEmailVerified } } ${PAGE} } }`,
    as: 'admin',
  },
  {
    name: 'auditLog',
    query: `query ($filter: AuditFilter) { auditLog(filter: $filter, first: 2) { edges { cursor node ${ENTRY} } ${PAGE} } }`,
    as: 'admin',
    variables: ({ id }) => ({ filter: { accountId: id, action: 'LOGIN', from: '2020-01-01T00:00:00Z' } }),
  },
  {
    name: 'searchUsers and managedAccount',
    query: `query ($text: String!, $id: ID!) { searchUsers(text: $text, first: 3) ${USER} managedAccount(userId: $id) ${MANAGED} }`,
    as: 'admin',
    variables: ({ username }, { id }) => ({ text: username, id }),
  },
  { name: 'protectedUsernames', query: '{ protectedUsernames(first: 1) }', as: 'admin' },
  {
    name: 'usernameStats',
    query: '{ usernameStats { tiers { tier } held mostRefused(first: 1) { __typename } } }',
    as: 'admin',
  },
  {
    name: 'register',
    query: 'mutation ($input: RegisterInput!) { register(input: $input) { message user { id email username name } } }',
    as: 'nobody',
    variables: ({ username }) => ({
      input: { email: `new-${username}@example.com`, username: `${username}new`, password: PASSWORD, firstName: 'Ada' },
    }),
  },
  {
    name: 'login',
    query: `mutation ($input: LoginInput!) { login(input: $input) { token refreshToken deviceToken expiresAt userId email user ${USER} } }`,
    as: 'nobody',
    variables: ({ email }) => ({ input: { email, password: PASSWORD } }),
  },
  {
    name: 'login by username, with values in an object',
    query:
      'mutation ($username: String, $password: String!) { login(input: { username: $username, password: $password }) { email } }',
    as: 'nobody',
    variables: ({ username }) => ({ username, password: PASSWORD }),
  },
  { name: 'logout', query: 'mutation { logout }' },
  {
    name: 'revokeSession',
    query: 'mutation ($id: ID!) { revokeSession(id: $id) }',
    variables: ({ sessionId }) => ({ id: sessionId }),
  },
  { name: 'logoutAll', query: 'mutation { logoutAll }' },
  {
    name: 'refreshToken',
    query:
      'mutation ($token: String!, $userId: ID) { refreshToken(token: $token, userId: $userId) { token refreshToken deviceToken expiresAt } }',
    variables: ({ refreshToken, id }) => ({ token: refreshToken, userId: id }),
  },
  {
    name: 'updateProfile',
    query: `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) ${USER} }`,
    variables: ({ username }) => ({
      input: { username: `${username}x`, firstName: null, address: { city: 'Zürich' }, termsAcceptedAt: null },
    }),
  },
  {
    name: 'updatePassword',
    query:
      'mutation ($input: ChangePasswordInput!) { updatePassword(input: $input) { token refreshToken deviceToken expiresAt } }',
    variables: () => ({
      input: { oldPassword: PASSWORD, newPassword: 'battery staple 7', confirmNewPassword: 'battery staple 7' },
    }),
  },
  {
    name: 'changePassword',
    query: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }',
    variables: () => ({
      input: { oldPassword: PASSWORD, newPassword: 'battery staple 7', confirmNewPassword: 'battery staple 7' },
    }),
  },
  { name: 'mfa', query: '{ mfa { isEnabled enabledAt recoveryCodesLeft isRequired } }' },
  {
    name: 'reauthenticate',
    query:
      'mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { token refreshToken deviceToken expiresAt } }',
    variables: () => ({ input: { password: PASSWORD } }),
  },
  {
    name: 'deleteAccount',
    query: 'mutation ($password: String!) { deleteAccount(password: $password) }',
    variables: () => ({ password: PASSWORD }),
  },
  { name: 'exportMyData', query: 'mutation { exportMyData { createdAt json } }' },
  { name: 'requestDataExport', query: 'mutation { requestDataExport }' },
  {
    name: 'createInvitation',
    query:
      'mutation ($input: CreateInvitationInput!) { createInvitation(input: $input) { code mailed invitation { id email uses usesLeft createdAt expiresAt revokedAt } } }',
    as: 'admin',
    variables: ({ email }) => ({ input: { email: `guest-${email}` } }),
  },
  {
    name: 'deleteUser',
    query: 'mutation ($id: ID!) { deleteUser(userId: $id) }',
    as: 'admin',
    variables: (_, { id }) => ({ id }),
  },
  {
    name: 'resendVerificationCode and requestPasswordReset',
    query: 'mutation ($email: String!) { resendVerificationCode(email: $email) requestPasswordReset(email: $email) }',
    as: 'nobody',
    variables: ({ email }) => ({ email }),
  },
  {
    name: 'requestEmailChange',
    query: 'mutation ($input: RequestEmailChangeInput!) { requestEmailChange(input: $input) }',
    variables: ({ email }) => ({ input: { newEmail: `new-${email}`, password: PASSWORD } }),
  },
  { name: 'passkeys', query: '{ passkeys { id name provider isSynced createdAt lastUsedAt credentialId rpId } }' },
  { name: 'startPasskeyLogin', query: 'mutation { startPasskeyLogin { publicKey expiresAt } }', as: 'nobody' },
  { name: 'startPasskeyRegistration', query: 'mutation { startPasskeyRegistration { expiresAt } }' },
  {
    name: 'setUserRole',
    query: 'mutation ($id: ID!, $role: UserRole!) { setUserRole(userId: $id, role: $role) { id role } }',
    as: 'admin',
    variables: (_, { id }) => ({ id, role: 'ADMIN' }),
  },
  {
    name: 'revokeUserSessions',
    query: 'mutation ($id: ID!) { revokeUserSessions(userId: $id) }',
    as: 'admin',
    variables: (_, { id }) => ({ id }),
  },
  {
    name: 'disableUser and enableUser',
    query: `mutation ($id: ID!) { disableUser(userId: $id) ${MANAGED} enableUser(userId: $id) ${MANAGED} }`,
    as: 'admin',
    variables: (_, { id }) => ({ id }),
  },
  {
    name: 'revokeUserSession',
    query: 'mutation ($id: ID!, $session: ID!) { revokeUserSession(userId: $id, sessionId: $session) }',
    as: 'admin',
    variables: ({ id, sessionId }) => ({ id, session: sessionId }),
  },
  {
    name: 'protectUsername and unprotectUsername',
    query: 'mutation ($a: String!) { protectUsername(username: $a) unprotectUsername(username: $a) }',
    as: 'admin',
    variables: ({ username }) => ({ a: `${username}p` }),
  },
  {
    name: 'registerWebhook',
    query: `mutation ($input: RegisterWebhookInput!) { registerWebhook(input: $input) ${WEBHOOK} }`,
    as: 'admin',
    variables: () => ({ input: { url: HOOK, description: 'CRM', eventTypes: ['user.deleted'], enabled: false } }),
  },
  {
    name: 'webhooks',
    query: `{ webhooks(last: 1) { edges { cursor node { id url previousSecretValidUntil } } ${PAGE} } }`,
    as: 'admin',
  },
  { name: 'one of two operations', query: 'query A { profile { id } } mutation B { logout }', operationName: 'B' },
  {
    name: 'the other of two operations',
    query: 'query A { profile { id } } mutation B { logout }',
    operationName: 'A',
  },
]

/** Of the services for consents and notifications, which this deployment does not have. */
const BESIDE = [
  '{ consentPurposes { name } }',
  '{ myConsents { edges { node { id } } } }',
  '{ consentHistory { nextPage } }',
  '{ notifications { edges { cursor } } }',
  '{ unreadNotificationCount }',
  '{ notificationSettings { timeZone } }',
  '{ pushDevices { id } }',
  '{ webPushKey }',
  'mutation { grantConsent(input: { purpose: "user.profile", textVersion: 1 }) { id } }',
  'mutation { revokeConsent(purpose: "user.profile") { id } }',
  'mutation { exportMyConsents { content } }',
  'mutation { markNotificationsRead(ids: ["x"]) }',
  'mutation { updateNotificationSettings(input: { locale: "en" }) { timeZone } }',
  'mutation { registerPushDevice(input: { fcmToken: "x" }) { id } }',
  'mutation { removePushDevice(id: "x") }',
]

const FAILURES: Operation[] = [
  ...SUCCESSES.filter(({ as, name }) => as !== 'nobody' && !/refreshToken/.test(name)).map((operation) => ({
    ...operation,
    name: `${operation.name} without a session`,
    as: 'nobody' as const,
    changesNothing: true,
  })),
  ...SUCCESSES.filter(({ as }) => as === 'admin').map((operation) => ({
    ...operation,
    name: `${operation.name} by a user`,
    as: 'user' as const,
    changesNothing: true,
  })),
  {
    name: 'login with a wrong password',
    query: 'mutation ($input: LoginInput!) { login(input: $input) { token } }',
    as: 'nobody',
    variables: ({ email }) => ({ input: { email, password: 'wrong password' } }),
  },
  {
    name: 'login of nobody',
    query: 'mutation ($input: LoginInput!) { login(input: $input) { token } }',
    as: 'nobody',
    variables: ({ email }) => ({ input: { email: `x${email}`, password: PASSWORD } }),
  },
  {
    name: 'login without a name',
    query: 'mutation ($input: LoginInput!) { login(input: $input) { token } }',
    as: 'nobody',
    variables: () => ({ input: { password: PASSWORD } }),
  },
  {
    name: 'register with a known address',
    query: 'mutation ($input: RegisterInput!) { register(input: $input) { message } }',
    as: 'nobody',
    variables: ({ email }) => ({ input: { email, password: PASSWORD } }),
  },
  {
    name: 'register with three problems',
    query: 'mutation ($input: RegisterInput!) { register(input: $input) { message } }',
    as: 'nobody',
    variables: ({ username }) => ({ input: { email: 'x', username, password: 'short' } }),
  },
  { name: 'refreshToken with nonsense', query: 'mutation { refreshToken(token: "nonsense") { token } }', as: 'nobody' },
  {
    name: 'updateProfile with a taken username',
    query: 'mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { id } }',
    variables: (_, { username }) => ({ input: { username } }),
  },
  {
    name: 'changePassword with a wrong one',
    query: 'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }',
    variables: () => ({
      input: { oldPassword: 'wrong', newPassword: 'battery staple 7', confirmNewPassword: 'battery staple 7' },
    }),
  },
  ...BESIDE.map((query) => ({ name: `${/\{ (\w+)/.exec(query)?.[1]} without its service`, query })),
  { name: 'deleteAccount with a wrong password', query: 'mutation { deleteAccount(password: "wrong") }' },
  {
    name: 'verifyEmail with a wrong code',
    query: 'mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) }',
    as: 'nobody',
    variables: ({ email }) => ({ input: { email, code: '00000000' } }),
  },
  {
    name: 'resetPassword with a wrong code',
    query: 'mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }',
    as: 'nobody',
    variables: ({ email }) => ({ input: { email, code: '00000000', newPassword: 'battery staple 7' } }),
  },
  {
    name: 'cancelAccountDeletion with a wrong token',
    query: 'mutation { cancelAccountDeletion(token: "nonsense") }',
    as: 'nobody',
  },
  {
    name: 'downloadDataExport with a wrong token',
    query: 'mutation { downloadDataExport(token: "nonsense") { json } }',
  },
  { name: 'acceptTerms without terms', query: 'mutation { acceptTerms(version: "1") { id } }' },
  { name: 'revokeInvitation of nothing', query: 'mutation { revokeInvitation(id: "x") }', as: 'admin' },
  { name: 'invitations by a user', query: '{ invitations { id } }' },
  {
    name: 'completeOAuth of nothing',
    query: 'mutation ($input: CompleteOAuthInput!) { completeOAuth(input: $input) { token } }',
    as: 'nobody',
    variables: () => ({ input: { provider: 'github', code: 'x', state: 'x', binding: 'x' } }),
  },
  {
    name: 'linkOAuth of nothing',
    query: 'mutation ($input: CompleteOAuthInput!) { linkOAuth(input: $input) { id } }',
    variables: () => ({ input: { provider: 'github', code: 'x', state: 'x', binding: 'x' } }),
  },
  {
    name: 'initiateOAuthLink without a verified address, and unlinkOAuth of nothing',
    query:
      'mutation ($id: ID!) { initiateOAuthLink(provider: "github", redirectTo: "/") { binding } unlinkOAuth(id: $id) }',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'verifyMfa without a challenge',
    query: 'mutation ($input: VerifyMfaInput!) { verifyMfa(input: $input) { token } }',
    as: 'nobody',
    variables: () => ({ input: { challenge: 'none', code: '123456' } }),
  },
  {
    name: 'enableMfa without an enrollment',
    query: 'mutation { enableMfa(input: { enrollment: "none", code: "123456" }) { recoveryCodes } }',
  },
  {
    name: 'startMfaEnrollment with an address that is not verified',
    query: 'mutation { startMfaEnrollment { expiresAt } }',
  },
  { name: 'disableMfa without a second factor', query: 'mutation { disableMfa { token } }' },
  { name: 'replaceRecoveryCodes without a second factor', query: 'mutation { replaceRecoveryCodes }' },
  { name: 'confirmEmailChange with a wrong code', query: 'mutation { confirmEmailChange(code: "00000000") }' },
  {
    name: 'revokeSession of nothing',
    query: 'mutation ($id: ID!) { revokeSession(id: $id) }',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'finishPasskeyLogin of nobody',
    query: 'mutation ($input: FinishPasskeyLoginInput!) { finishPasskeyLogin(input: $input) { token } }',
    as: 'nobody',
    variables: () => ({ input: { response: createAuthenticator(PASSKEY_PAGE).get({ challenge: 'x' }) } }),
  },
  {
    name: 'finishPasskeyRegistration without a challenge',
    query:
      'mutation ($input: FinishPasskeyRegistrationInput!) { finishPasskeyRegistration(input: $input) { id } startPasskeyReauthentication { expiresAt } }',
    variables: ({ id }) => ({
      input: { response: createAuthenticator(PASSKEY_PAGE).create({ challenge: 'x', user: { id } }) },
    }),
  },
  {
    name: 'finishPasskeyReauthentication with something else',
    query: 'mutation ($response: WebAuthnJSON!) { finishPasskeyReauthentication(response: $response) { token } }',
    variables: () => ({ response: { id: 'x' } }),
  },
  {
    name: 'a WebAuthnJSON that is none, and one in the document',
    query: 'mutation ($response: WebAuthnJSON!) { finishPasskeyReauthentication(response: $response) { token } }',
    variables: () => ({ response: 'x' }),
  },
  {
    name: 'renamePasskey and removePasskey of nothing',
    query: 'mutation ($id: ID!) { renamePasskey(input: { id: $id, name: "x" }) { id } removePasskey(id: $id) }',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'managedAccount of nobody',
    query: '{ managedAccount(userId: "x") { status } }',
    as: 'admin',
  },
  {
    name: 'disableUser of oneself',
    query: 'mutation ($id: ID!) { disableUser(userId: $id) { status } }',
    as: 'admin',
    variables: ({ id }) => ({ id }),
  },
  { name: 'setUserRole of nobody', query: 'mutation { setUserRole(userId: "x", role: USER) { id } }', as: 'admin' },
  ...[
    'webhookDeliveries(webhookId: "x") { edges { node { id } } }',
    'updateWebhook(id: "x", input: { enabled: false }) { id }',
    'deleteWebhook(id: "x")',
    'rotateWebhookSecret(id: "x") { secret }',
    'testWebhook(id: "x") { id }',
    'replayWebhookDelivery(id: "x") { id }',
    'replayWebhookDeliveries(webhookId: "x", since: "2026-01-01T00:00:00Z")',
  ].map((field) => ({
    name: `${field.split('(')[0]} of nothing`,
    query: `${field.startsWith('webhook') ? 'query' : 'mutation'} { ${field} }`,
    as: 'admin' as const,
  })),
  { name: 'logout twice: the second finds no session', query: 'mutation { a: logout b: logout }' },
  { name: 'signalStreams without a key', query: '{ signalStreams { edges { cursor } } }', as: 'admin' },
  {
    name: 'createSignalStream without a key',
    query: 'mutation ($input: CreateSignalStreamInput!) { createSignalStream(input: $input) { token } }',
    as: 'admin',
    variables: () => ({ input: { audience: 'https://receiver.example.com', delivery: 'POLL' } }),
  },
  {
    name: 'the other mutations of streams without a key',
    query:
      'mutation ($id: ID!) { updateSignalStream(input: { id: $id }) { id } rotateSignalStreamToken(id: $id) { token } deleteSignalStream(id: $id) requestSignalVerification(id: $id) }',
    as: 'admin',
    variables: ({ id }) => ({ id }),
  },
  {
    name: 'a success before a failure, with cookies',
    query:
      'mutation ($email: String!) { a: login(input: { email: $email, password: "correct horse" }) { token } b: refreshToken(token: "nonsense") { token } c: logout }',
    variables: ({ email }) => ({ email }),
  },
  {
    name: 'a nullable field of nobody beside one that succeeds',
    query: '{ a: node(id: "x") { id } policy { usernameHold } }',
    as: 'nobody',
  },
  {
    name: 'two nullable fields of nobody',
    query: '{ a: node(id: "x") { id } b: node(id: "y") { id } policy { usernameHold } }',
    as: 'nobody',
  },
  {
    name: 'a field below a success',
    query:
      'query ($n: Int) { a: checkUsernameAvailability(username: "ad") { reason } b: checkUsernameAvailability(username: "ada") { suggestions(first: $n) } node(id: "x") { id } }',
    variables: () => ({ n: 0 }),
  },
  {
    name: 'an argument that is null',
    query:
      'query ($name: String = "ada") { policy { usernameHold } checkUsernameAvailability(username: $name) { reason } }',
    as: 'nobody',
    variables: () => ({ name: null }),
  },
  ...[
    { name: 'missing', given: {} },
    { name: 'null', given: { input: null } },
    { name: 'no object', given: { input: 'x' } },
    { name: 'without a field', given: { input: { email: 'a@example.com' } } },
    { name: 'with an unknown field', given: { input: { password: 'secret-1', usernam: 'x' } } },
    {
      name: 'with a field of a prototype',
      given: { input: { password: 'secret-1', toString: 'x', hasOwnProperty: 1 } },
    },
    { name: 'with a field of another type', given: { input: { password: 7 } } },
  ].map(({ name, given }) => ({
    name: `an input that is ${name}`,
    query: 'mutation ($input: LoginInput!) { login(input: $input) { userId } }',
    as: 'nobody' as const,
    variables: () => given,
  })),
]

describe('a plan and Apollo Server respond alike', () => {
  it.each(SUCCESSES)('to $name', (operation) =>
    expectPlanned({ ...operation, changesNothing: !operation.query.includes('mutation') }),
  )
  it.each(FAILURES)('to $name', (operation) => expectPlanned({ ...operation, fails: true }))
})

it('covers every operation of the schema', async () => {
  const query = '{ __schema { queryType { fields { name } } mutationType { fields { name } } } }'
  const { __schema: schema } = await plain.succeed(query)
  const tested = [...SUCCESSES, ...FAILURES].map(({ query: text }) => text).join(' ')
  const fields = [...schema.queryType.fields, ...schema.mutationType.fields] as { name: string }[]
  expect(fields.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(tested))).toEqual([])
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CREATED, createAuthenticator, type Said, SYNCED, USED } from '../../support/authenticator.js'
import type { SignedIn } from '../../support/client.js'
import {
  challengeAt,
  claimsOf,
  FINISH_REAUTHENTICATION,
  PAGE,
  PAGES,
  PASSKEYS,
  passkeysOf,
  reasonOf,
  REMOVE,
  RENAME,
  sessionOf,
  START_REAUTHENTICATION,
  START_REGISTRATION,
} from '../../support/passkeys.js'
import { type Service, startService } from '../../support/service.js'

let service: Service
let passkeys: ReturnType<typeof passkeysOf>

beforeAll(async () => {
  service = await startService(PAGES)
  passkeys = passkeysOf(service)
})
afterAll(() => service.stop())

const eventsOf = async (user: SignedIn) =>
  service.database.query<{ type: string; data: string }>(
    `SELECT type, data FROM outbox WHERE user_id = ? AND type LIKE 'passkey.%' ORDER BY seq`,
    [user.id],
  )

describe('a passkey', () => {
  it('is added, signs in without a name as two factors, is renamed and removed', async () => {
    const user = await service.signUp()
    const bitwarden = 'd548826e-79b4-db40-a3d8-11116f7e8349'
    const { authenticator, passkey } = await passkeys.add(user, { aaguid: bitwarden, flags: CREATED | SYNCED })
    expect(passkey).toMatchObject({ name: 'Bitwarden', provider: 'Bitwarden', isSynced: true, rpId: 'example.com' })

    const { data } = await passkeys.use(authenticator, { flags: USED | SYNCED, signCount: 7 })
    const { token, userId } = data!['finishPasskeyLogin'] as { token: string; userId: string }
    expect(userId).toBe(user.id)
    expect(claimsOf(token)).toMatchObject({ amr: ['hwk', 'user', 'mfa'], acr: 'aal2' })

    const renamed = await service.succeed(RENAME, { input: { id: passkey.id, name: ' Phone ' } }, token)
    expect(renamed['renamePasskey']).toMatchObject({ id: passkey.id, name: 'Phone' })
    const { passkeys: listed } = await service.succeed(PASSKEYS, {}, token)
    expect(listed).toMatchObject([{ name: 'Phone', lastUsedAt: expect.any(String) as string }])
    await service.succeed(REMOVE, { id: passkey.id }, token)
    expect((await service.succeed(PASSKEYS, {}, token)).passkeys).toEqual([])
    expect(reasonOf(await passkeys.use(authenticator, { flags: USED | SYNCED, signCount: 8 }))).toBe('UNKNOWN_PASSKEY')

    const facts = { passkeyId: passkey.id, aaguid: bitwarden, provider: 'Bitwarden', attachment: 'platform' }
    expect((await eventsOf(user)).map(({ type, data }) => [type, JSON.parse(data)])).toEqual([
      ['passkey.added', facts],
      ['passkey.removed', facts],
    ])
    const activity = '{ myActivity(first: 10) { edges { node { action } } } }'
    const { myActivity } = await service.succeed(activity, {}, token)
    const actions = (myActivity.edges as { node: { action: string } }[]).map(({ node }) => node.action)
    expect(actions).toEqual(expect.arrayContaining(['ADD_PASSKEY', 'RENAME_PASSKEY', 'REMOVE_PASSKEY']))
  })

  it('is requested for the domain, with verification of the person, and says nothing about them', async () => {
    const user = await service.signUp()
    const first = await passkeys.startRegistration(user.token)
    expect(first).toMatchObject({
      ...{ rp: { id: 'example.com' }, attestation: 'none', excludeCredentials: [] },
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    })
    const handle = Buffer.from(first.user.id as string, 'base64url')
    expect(handle).toHaveLength(32)
    expect(handle.includes(Buffer.from(user.id.replaceAll('-', ''), 'hex'))).toBe(false)
    const { authenticator } = await passkeys.add(user)
    const second = await passkeys.startRegistration(user.token)
    expect(second.user.id).toBe(first.user.id)
    expect(second.excludeCredentials).toMatchObject([{ id: authenticator.credentialId.toString('base64url') }])
    const login = await passkeys.startLogin()
    expect(login).toMatchObject({ rpId: 'example.com', userVerification: 'required' })
    expect(login.allowCredentials).toBeUndefined()
  })

  it('is the last way in: it is not removed, however many requests try at once', async () => {
    const user = await service.signUp()
    const added = [await passkeys.add(user), await passkeys.add(user)]
    await service.database.query(`DELETE FROM credentials WHERE user_id = ? AND kind = 'PASSWORD'`, [user.id])
    const answers = await Promise.all(
      added.map(({ passkey }) => service.graphql(REMOVE, { id: passkey.id }, user.token)),
    )
    expect(answers.map(({ code }) => code ?? 'removed').toSorted()).toEqual(['FORBIDDEN', 'removed'])
  })
})

/** Tokens of the same session, whose proof is older than a step-up allows. */
async function aged(user: SignedIn): Promise<string> {
  await service.database.query('UPDATE sessions SET auth_time = auth_time - INTERVAL 11 MINUTE WHERE id = ?', [
    sessionOf(user.token),
  ])
  const refresh = 'mutation ($token: String!) { refreshToken(token: $token) { token } }'
  return (await service.succeed(refresh, { token: user.refreshToken })).refreshToken.token
}

describe('a passkey that proves who is there', () => {
  it('renews the proof of its session, once, and of no other', async () => {
    const user = await service.signUp()
    const { authenticator } = await passkeys.add(user)
    const { authenticator: foreign } = await passkeys.add(await service.signUp())
    const token = await aged(user)
    expect((await service.graphql(START_REGISTRATION, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
    const start = async () =>
      (await service.succeed(START_REAUTHENTICATION, {}, token)).startPasskeyReauthentication.publicKey
    const finish = (response: object) => service.graphql(FINISH_REAUTHENTICATION, { response }, token)
    expect(await start()).toMatchObject({
      allowCredentials: [{ id: authenticator.credentialId.toString('base64url') }],
    })
    const elsewhere = challengeAt(new Date(), 'reauthenticate', sessionOf((await service.login(user)).token))
    for (const refused of [
      foreign.get(await start()),
      authenticator.get(await start(), { flags: 1 }),
      authenticator.get(await passkeys.startLogin()),
      authenticator.get({ challenge: elsewhere }),
    ])
      expect((await finish(refused)).code).toBe('PASSKEY_INVALID')
    const response = authenticator.get(await start())
    const answers = await Promise.all([finish(response), finish(response)])
    expect(answers.map(({ code }) => code ?? 'proved').toSorted()).toEqual(['PASSKEY_INVALID', 'proved'])
    const { finishPasskeyReauthentication: renewed } = answers.find(({ data }) => data)!.data!
    expect(claimsOf(renewed.token as string)).toMatchObject({ acr: 'aal2', sid: sessionOf(token) })
    await service.succeed(START_REGISTRATION, {}, renewed.token as string)
  })
})

describe('a registration refuses', () => {
  let user: SignedIn
  let stranger: SignedIn
  beforeAll(async () => {
    user = await service.signUp()
    stranger = await service.signUp()
  })

  const genuine = (changes: Partial<Said> = {}) =>
    createAuthenticator(PAGE).create({ challenge: '', user: { id: '' } }, changes)
  const own = () => challengeAt(new Date(), 'register', sessionOf(user.token))
  const x5c = new Map<string, unknown>([
    ['alg', -7],
    ['sig', new Uint8Array(70)],
    ['x5c', [new Uint8Array(300)]],
  ])
  const attacks: [name: string, () => Partial<Said>, code?: string][] = [
    ['the page of another site', () => ({ origin: 'https://evil.example' })],
    ['a frame', () => ({ crossOrigin: true })],
    ['another RP id', () => ({ rpId: 'evil.example' })],
    ['an authenticator that has not verified the person', () => ({ flags: CREATED & ~4 })],
    ['a response without a key', () => ({ flags: USED })],
    ['the response to a sign-in', () => ({ type: 'webauthn.get' })],
    ['a challenge of a sign-in', () => ({ challenge: challengeAt(new Date(), 'login') })],
    [
      'a challenge of another user',
      () => ({ challenge: challengeAt(new Date(), 'register', sessionOf(stranger.token)) }),
    ],
    [
      'a challenge that has expired',
      () => ({ challenge: challengeAt(new Date(Date.now() - 301_000), 'register', sessionOf(user.token)) }),
      'CHALLENGE_EXPIRED',
    ],
    ['an authenticator that identifies itself', () => ({ attestation: { fmt: 'packed', attStmt: x5c } })],
    ['another format of attestation', () => ({ attestation: { fmt: 'android-safetynet', attStmt: new Map() } })],
    [
      'a self-attestation with a wrong signature',
      () => ({
        attestation: {
          fmt: 'packed',
          attStmt: new Map<string, unknown>([
            ['alg', -7],
            ['sig', new Uint8Array(70)],
          ]),
        },
      }),
    ],
  ]

  it.each(attacks)('%s', async (_, changes, code = 'PASSKEY_INVALID') => {
    const response = genuine({ challenge: own(), ...changes() })
    expect((await passkeys.finishRegistration(user.token, response)).code).toBe(code)
    expect((await service.succeed(PASSKEYS, {}, user.token)).passkeys).toEqual([])
  })

  it('a challenge that was used, also at once', async () => {
    const person = await service.signUp()
    const options = await passkeys.startRegistration(person.token)
    const answers = await Promise.all(
      [1, 2, 3].map(() => passkeys.finishRegistration(person.token, createAuthenticator(PAGE).create(options))),
    )
    expect(answers.map(({ code }) => code ?? 'added').toSorted()).toEqual([
      'PASSKEY_INVALID',
      'PASSKEY_INVALID',
      'added',
    ])
  })

  it('a credential that an account has, as if the response were wrong', async () => {
    const { authenticator } = await passkeys.add(stranger)
    const response = genuine({ challenge: own(), credentialId: authenticator.credentialId })
    expect((await passkeys.finishRegistration(user.token, response)).code).toBe('PASSKEY_INVALID')
  })

  it('more passkeys than 20', async () => {
    const person = await service.signUp()
    for (let i = 0; i < 19; i++) await passkeys.add(person)
    const options = [await passkeys.startRegistration(person.token), await passkeys.startRegistration(person.token)]
    const answers = await Promise.all(
      options.map((one) => passkeys.finishRegistration(person.token, createAuthenticator(PAGE).create(one))),
    )
    expect(answers.map(({ code }) => code ?? 'added').toSorted()).toEqual(['TOO_MANY_PASSKEYS', 'added'])
    expect((await service.graphql(START_REGISTRATION, {}, person.token)).code).toBe('TOO_MANY_PASSKEYS')
  })

  it('someone who proved who they are too long ago, as a removal does', async () => {
    const person = await service.signUp()
    const { passkey } = await passkeys.add(person)
    const token = await aged(person)
    expect((await service.graphql(START_REGISTRATION, {}, token)).code).toBe('REAUTHENTICATION_REQUIRED')
    expect((await service.graphql(REMOVE, { id: passkey.id }, token)).code).toBe('REAUTHENTICATION_REQUIRED')
    expect((await service.graphql(START_REGISTRATION)).code).toBe('UNAUTHENTICATED')
  })

  it('the passkeys of others', async () => {
    const { passkey } = await passkeys.add(stranger)
    const input = { id: passkey.id, name: 'Mine' }
    for (const answer of [
      await service.graphql(RENAME, { input }, user.token),
      await service.graphql(REMOVE, { id: passkey.id }, user.token),
    ])
      expect(answer.code).toBe('NOT_FOUND')
  })
})

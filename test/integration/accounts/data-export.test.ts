import { afterAll, beforeAll, expect, it } from 'vitest'
import { v7 as uuidv7 } from 'uuid'
import { createOwnTokens } from '../../../src/services/verification/index.js'
import { type SignedIn } from '../../support/client.js'
import { NO_CLIENT } from '../../support/no-client.js'
import { type Service, startService, TEST_ENVIRONMENT } from '../../support/service.js'

const EXPORT = 'mutation { exportMyData { createdAt json } }'
const DOWNLOAD = 'mutation ($token: String!) { downloadDataExport(token: $token) { json } }'

let service: Service
let user: SignedIn

beforeAll(async () => {
  service = await startService()
  user = await service.signUp()
})
afterAll(() => service.stop())

const tokens = createOwnTokens(TEST_ENVIRONMENT.REFRESH_KEY, 'export')
const download = (token: string, who = user) => service.graphql(DOWNLOAD, { token }, who.token)

it('exportMyData has what the service knows about the user, and no secret', async () => {
  const { json } = (await service.succeed(EXPORT, {}, user.token)).exportMyData as { json: string }
  const document = JSON.parse(json) as { activity: { action: string }[] }
  expect(document).toMatchObject({
    profile: { id: user.id, email: user.email, username: user.username },
    usernames: [{ username: user.username }],
    signInMethods: [{ kind: 'PASSWORD' }],
    sessions: [{ current: true }],
  })
  expect(document.activity.map(({ action }) => action)).toEqual(expect.arrayContaining(['REGISTER', 'LOGIN']))
  expect(json).not.toMatch(/argon2|refreshSeed|lastJti|"secret"/)
  for (const secret of [user.token, user.refreshToken, user.password]) expect(json).not.toContain(secret)
})

it('a link works for the user who has requested it, for an hour', async () => {
  await service.succeed('mutation { requestDataExport }', {}, user.token)
  const [event] = await service.database.query<{ id: string; data: string }>(
    "SELECT id, data FROM outbox WHERE user_id = ? AND type = 'mail.data_export_requested'",
    [user.id],
  )
  const token = tokens.of(user.id, event!.id)
  expect(event!.data).not.toContain(token)
  for (let time = 0; time < 2; time++)
    expect((await download(token)).data?.['downloadDataExport'].json).toContain(user.email)

  const thief = await service.signUp()
  expect((await download(token, thief)).code).toBe('INVALID_CODE')
  const old = uuidv7({ msecs: Date.now() - 3_601_000 })
  const changed = `${old}.${token.split('.')[1]}`
  for (const refused of [tokens.of(user.id, old), changed, event!.id, '', '.', `${token}x`])
    expect((await download(refused)).code, refused).toBe('INVALID_CODE')
  expect((await service.graphql(DOWNLOAD, { token })).code).toBe('UNAUTHENTICATED')
})

it('both need a recent proof of who the user is', async () => {
  const { accounts, sessions } = service.app.services
  const viewer = await sessions.sessions.authenticate(user.token, NO_CLIENT)
  const stale = { ...viewer, authTime: new Date(Date.now() - 601_000) }
  const { dataExport } = accounts
  for (const call of [() => dataExport.export(stale), () => dataExport.request(stale)])
    await expect(call()).rejects.toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { testRedisUrl } from '../../support/redis.js'
import { type Service, startInstance, startService } from '../../support/service.js'

const REGISTER = 'mutation ($input: RegisterInput!) { register(input: $input) { user { id } } }'
const TERMS = '{ profile { termsAccepted termsAcceptedAt } }'
const ACCEPT = 'mutation ($version: String!) { acceptTerms(version: $version) { termsAccepted } }'
const TERMS_URL = 'https://example.com/terms'

let service: Service

beforeAll(async () => {
  service = await startService({ TERMS_VERSION: '2026-11', TERMS_URL })
})
afterAll(() => service.stop())

async function signUp(termsVersion?: string) {
  const account = { email: `${unique()}@example.com`, password: 'correct horse' }
  await service.succeed(REGISTER, { input: { ...account, termsVersion } })
  return { ...account, ...(await service.login(account)) }
}

it('a registration records the version that was accepted', async () => {
  expect((await service.succeed('{ policy { termsVersion termsUrl privacyUrl } }')).policy).toEqual({
    ...{ termsVersion: '2026-11', termsUrl: TERMS_URL, privacyUrl: null },
  })
  const { token } = await signUp('2026-11')
  expect((await service.succeed(TERMS, {}, token)).profile).toEqual({
    ...{ termsAccepted: true, termsAcceptedAt: expect.any(String) },
  })
  const old = { email: `${unique()}@example.com`, password: 'correct horse', termsVersion: '2025-01' }
  const refused = (await service.graphql(REGISTER, { input: old })).errors[0]
  expect(refused?.extensions).toMatchObject({ code: 'INVALID_INPUT', fields: [{ path: 'termsVersion' }] })
})

it('users without it can sign in, and accept it later', async () => {
  const { token } = await signUp()
  expect((await service.succeed(TERMS, {}, token)).profile).toEqual({ termsAccepted: false, termsAcceptedAt: null })
  for (const version of ['', '2025-01'])
    expect((await service.graphql(ACCEPT, { version }, token)).code).toBe('INVALID_INPUT')
  expect((await service.graphql(ACCEPT, { version: '2026-11' })).code).toBe('UNAUTHENTICATED')
  expect((await service.succeed(ACCEPT, { version: '2026-11' }, token)).acceptTerms).toEqual({
    termsAccepted: true,
  })
})

it('a new version asks again, and none asks nobody', async () => {
  const { token } = await signUp('2026-11')
  const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
  for (const [version, accepted] of [
    ['2027-01', false],
    ['', true],
  ] as const) {
    const terms = { TERMS_VERSION: version, TERMS_URL: version && TERMS_URL }
    const later = await startInstance({ ...shared, ...terms }, { alone: true })
    expect((await later.succeed(TERMS, {}, token)).profile.termsAccepted).toBe(accepted)
    await later.stop()
  }
})

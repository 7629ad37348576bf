import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { unique } from '../../support/client.js'
import { createTestDatabase, type TestDatabase } from '../../support/database.js'
import { freePort } from '../../support/free-port.js'
import { APP_URL, createOAuthBrowser } from '../../support/oauth-browser.js'
import { type OpenIdServer, startOpenIdServer } from '../../support/openid-server.js'
import { testRedisUrl } from '../../support/redis.js'
import { type Instance, type LogLine, startInstance } from '../../support/service.js'
import { until } from '../../support/wait.js'

let provider: OpenIdServer
let database: TestDatabase
let service: Instance
const lines: LogLine[] = []

beforeAll(async () => {
  ;[provider, database] = await Promise.all([
    startOpenIdServer({ redirectUris: ['up', 'misled'].map((name) => `${APP_URL}/oauth/${name}/callback`) }),
    createTestDatabase(),
  ])
  const { client_id: id, client_secret: secret } = provider.client
  service = await startInstance(
    {
      ...{ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), APP_URL, WEB: 'true', LOG_LEVEL: 'debug' },
      ...{ OIDC_UP_ISSUER: provider.issuer, OIDC_UP_CLIENT_ID: id, OIDC_UP_CLIENT_SECRET: secret },
      ...{ OIDC_MISLED_ISSUER: provider.issuer, OIDC_MISLED_CLIENT_ID: id, OIDC_MISLED_CLIENT_SECRET: 'wrong-secret' },
      // The service starts although nothing listens there.
      ...{ OIDC_DOWN_ISSUER: `http://127.0.0.1:${await freePort()}`, OIDC_DOWN_CLIENT_ID: id },
      OIDC_DOWN_CLIENT_SECRET: secret,
    },
    { onLine: (line) => lines.push(line) },
  )
})
afterEach(() => provider.turn('up'))
afterAll(async () => {
  await service.stop()
  await Promise.all([provider.stop(), database.drop()])
})

const stateOf = (name: string) => service.app.breakers().find((breaker) => breaker.name === `oauth_${name}`)?.state

async function reach(name: string) {
  provider.become(unique(), { email: `${unique()}@example.com`, email_verified: true })
  const browser = createOAuthBrowser(service.url)
  const callback = await browser.follow(`${APP_URL}/oauth/${name}/start`, `${APP_URL}/oauth/`)
  return {
    callback,
    end: async () => new URL((await browser.get(callback)).location ?? '').searchParams.get('oauth_error'),
  }
}

describe('a provider that does not respond', () => {
  it('keeps nobody from the others, and its breaker opens', async () => {
    const browser = createOAuthBrowser(service.url)
    await until('the breaker is open', async () => {
      const { location, status } = await browser.get(`${APP_URL}/oauth/down/start?return_to=/account`)
      expect([status, location]).toEqual([303, `${APP_URL}/sign-in?oauth_error=SERVICE_UNAVAILABLE`])
      return stateOf('down') !== 'closed'
    })
    const { end } = await reach('up')
    expect([await end(), stateOf('up')]).toEqual([null, 'closed'])
  })

  it.each(['broken', 'endless'] as const)('ends a sign-in, and works again when it does: %s', async (mode) => {
    const begun = await Promise.all(Array.from({ length: 5 }, () => reach('up')))
    provider.turn(mode)
    for (const { end } of begun) expect(await end()).toBe('SERVICE_UNAVAILABLE')
    provider.turn('up')
    await until('its breaker is closed', () => stateOf('up') === 'closed')
    const { end } = await reach('up')
    expect(await end()).toBeNull()
  })

  it('with a wrong secret, says so to the operator, and opens no breaker', async () => {
    const { end } = await reach('misled')
    expect(await end()).toBe('SERVICE_UNAVAILABLE')
    expect(lines).toContainEqual(
      expect.objectContaining({
        ...{ level: 40, provider: 'misled', reason: 'the provider answered invalid_client' },
        msg: 'a sign-in provider refuses this service: check its client id and secret',
      }),
    )
    expect(stateOf('misled')).toBe('closed')
  })
})

describe('a deployment where not everyone may register', () => {
  it.each([
    ['invite', 'INVALID_INVITATION'],
    ['closed', 'REGISTRATION_CLOSED'],
  ])('makes no account for a person who comes from a provider: %s', async (REGISTRATION, code) => {
    const { client_id: id, client_secret: secret } = provider.client
    const strict = await startInstance(
      {
        ...{ DATABASE_URL: database.url, REDIS_URL: testRedisUrl(), APP_URL, WEB: 'true', REGISTRATION },
        ...{ OIDC_UP_ISSUER: provider.issuer, OIDC_UP_CLIENT_ID: id, OIDC_UP_CLIENT_SECRET: secret },
      },
      { alone: true },
    )
    const email = `${unique()}@example.com`
    provider.become(unique(), { email, email_verified: true })
    const browser = createOAuthBrowser(strict.url)
    const callback = await browser.follow(`${APP_URL}/oauth/up/start`, `${APP_URL}/oauth/`)
    expect((await browser.get(callback)).location).toBe(`${APP_URL}/sign-in?oauth_error=${code}`)
    expect(await database.query('SELECT id FROM users WHERE email_key = ?', [email])).toEqual([])
    await strict.stop()
  })
})

describe('the log', () => {
  it('has no code, state, secret or token, whatever goes wrong', async () => {
    const { callback, end } = await reach('up')
    await end()
    await end()
    const { code, state } = Object.fromEntries(new URL(callback).searchParams)
    const log = JSON.stringify(lines)
    expect(log).toContain('/oauth/:provider/callback')
    for (const secret of [code, state, 'wrong-secret', provider.client.client_secret])
      expect(log).not.toContain(secret ?? '')
  })
})

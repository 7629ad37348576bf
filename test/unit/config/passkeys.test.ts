import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../../src/config/index.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}

function settings(env: Record<string, string>): [id: string | undefined, origins: readonly string[]] | string {
  try {
    const { PASSKEY_RP_ID, PASSKEY_ORIGINS } = readConfig({ ...REQUIRED, ...env })
    return [PASSKEY_RP_ID, PASSKEY_ORIGINS]
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const APP = 'https://auth.example.com'
const OTHERS = 'https://app.example.com,https://example.org,http://localhost:3000'
const ANDROID = `android:apk-key-hash:${'a'.repeat(43)}`
const PRODUCTION = { NODE_ENV: 'production' }

describe('passkeys', () => {
  it.each([
    ['the pages of development', {}, ['localhost', ['http://localhost:8080']]],
    ['APP_URL', { APP_URL: `${APP}/pages` }, ['auth.example.com', [APP]]],
    ['a port', { APP_URL: `${APP}:8443` }, ['auth.example.com', [`${APP}:8443`]]],
    ['what is below', { APP_URL: APP, ALLOWED_ORIGINS: OTHERS }, ['auth.example.com', [APP]]],
    [
      'a parent domain',
      { APP_URL: APP, ALLOWED_ORIGINS: OTHERS, PASSKEY_RP_ID: 'example.com' },
      ['example.com', [APP, 'https://app.example.com']],
    ],
    ['an app', { APP_URL: APP, PASSKEY_ORIGINS: `${APP}, ${ANDROID}` }, ['auth.example.com', [APP, ANDROID]]],
    ['off with an address', { APP_URL: 'http://127.0.0.1:8080' }, [undefined, []]],
    ['off without HTTPS', { APP_URL: 'http://auth.example.com' }, [undefined, []]],
    ['off with localhost in production', PRODUCTION, [undefined, []]],
  ])('follow from %s', (_, env, expected) => {
    expect(settings(env)).toEqual(expected)
  })

  it.each([
    [
      'a page outside the domain',
      { APP_URL: APP, PASSKEY_ORIGINS: 'https://app.example.com' },
      'neither at the domain',
    ],
    [
      'a page that only ends like it',
      { PASSKEY_RP_ID: 'example.com', PASSKEY_ORIGINS: 'https://notexample.com' },
      'neither at the domain',
    ],
    ['a domain without pages', { PASSKEY_RP_ID: 'example.com' }, 'PASSKEY_RP_ID has no pages'],
    ['localhost in production', { ...PRODUCTION, PASSKEY_RP_ID: 'localhost' }, 'must not be localhost in production'],
    ['pages without a domain', { ...PRODUCTION, PASSKEY_ORIGINS: APP }, 'requires PASSKEY_RP_ID'],
    ['pages at an address', { APP_URL: 'http://127.0.0.1:8080', PASSKEY_ORIGINS: APP }, 'requires PASSKEY_RP_ID'],
  ])('refuse %s', (_, env, message) => {
    expect(settings(env)).toContain(message)
  })
})

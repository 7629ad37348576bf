import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../../src/config/index.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}
const APP_URL = 'https://auth.example.com/pages'

function urls(env: Record<string, string>): readonly string[] | string | null {
  try {
    return readConfig({ ...REQUIRED, ...env }).DPOP_URLS
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('the URLs of DPoP', () => {
  it.each([
    ['this machine in development', {}, null],
    ['none in production', { NODE_ENV: 'production' }, []],
    ['APP_URL', { NODE_ENV: 'production', APP_URL }, [APP_URL]],
    [
      'their own',
      { APP_URL, DPOP_URLS: 'https://a.example.com/v1/, https://B.example.com:443' },
      ['https://a.example.com/v1', 'https://b.example.com'],
    ],
  ])('are %s', (_, env, expected) => {
    expect(urls(env)).toEqual(expected)
  })

  it.each([
    'auth.example.com',
    'ftp://auth.example.com',
    'https://user:pw@auth.example.com',
    'https://a.example.com?x=1',
    'https://*.example.com',
  ])('are not %s', (item) => {
    expect(urls({ DPOP_URLS: item })).toContain('DPOP_URLS must be comma-separated URLs')
  })

  it('say whether a nonce is required', () => {
    expect(readConfig(REQUIRED).DPOP_NONCE).toBe('optional')
    expect(() => readConfig({ ...REQUIRED, DPOP_NONCE: 'always' })).toThrow('DPOP_NONCE must be optional or required')
  })
})

import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig } from '../../../src/config/index.js'

const REQUIRED = {
  DATABASE_URL: 'mysql://u:p@localhost/postern',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'j'.repeat(32),
  REFRESH_KEY: 'r'.repeat(32),
}
const ACME = { OIDC_ACME_ISSUER: 'https://acme.example', OIDC_ACME_CLIENT_ID: 'id', OIDC_ACME_CLIENT_SECRET: 'secret' }

const providers = (env: Record<string, string>) => readConfig({ ...REQUIRED, ...env }).OAUTH_PROVIDERS

const problems = (env: Record<string, string>): string => {
  try {
    providers(env)
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('the providers of the environment', () => {
  it('are those that have an id and a secret', () => {
    expect(providers({})).toEqual([])
    const google = { GOOGLE_CLIENT_ID: 'a', GOOGLE_CLIENT_SECRET: 'b' }
    const microsoft = { MICROSOFT_CLIENT_ID: 'c', MICROSOFT_CLIENT_SECRET: 'd', MICROSOFT_TENANT: 'organizations' }
    const more = { OIDC_EXAMPLE_SSO_ISSUER: 'https://sso.example', OIDC_EXAMPLE_SSO_CLIENT_ID: 'e' }
    const secret = { OIDC_EXAMPLE_SSO_CLIENT_SECRET: 'f', OIDC_EXAMPLE_SSO_SCOPES: 'openid email' }
    expect(
      providers({ ...more, ...secret, ...microsoft, ...google, ...ACME, OIDC_ACME_LABEL: 'ACME Inc.' }),
    ).toMatchObject([
      { name: 'google', kind: 'google', label: 'Google', issuer: 'https://accounts.google.com', clientId: 'a' },
      { name: 'microsoft', issuer: 'https://login.microsoftonline.com/organizations/v2.0', clientSecret: 'd' },
      { name: 'example-sso', kind: 'oidc', label: 'Example sso', scopes: 'openid email', clientSecret: 'f' },
      { name: 'acme', label: 'ACME Inc.', issuer: 'https://acme.example', scopes: 'openid email' },
    ])
  })

  it.each<[Record<string, string>, string]>([
    [{ GOOGLE_CLIENT_ID: 'a' }, 'GOOGLE_CLIENT_ID requires GOOGLE_CLIENT_SECRET'],
    [{ GITHUB_CLIENT_SECRET: 'a' }, 'GITHUB_CLIENT_SECRET requires GITHUB_CLIENT_ID'],
    [{ MICROSOFT_TENANT: 'x' }, 'MICROSOFT_TENANT requires MICROSOFT_CLIENT_ID'],
    [{ GITHUB_URL: 'http://github.example.com' }, 'GITHUB_URL must be a URL that starts with https://'],
    [{ OIDC_ACME_ISSUER: 'https://acme.example' }, 'OIDC_ACME_CLIENT_ID is required for the provider ACME'],
    [{ ...ACME, OIDC_ACME_ISSUER: 'http://acme.example' }, 'OIDC_ACME_ISSUER must be a URL that starts with https://'],
    [{ ...ACME, OIDC_ACME_SCOPES: 'email' }, 'OIDC_ACME_SCOPES must contain openid'],
    [{ ...ACME, OIDC_ACME_LABEL: '<b>' }, 'OIDC_ACME_LABEL must be one line'],
    [{ ...ACME, OIDC_ACME_LABLE: 'x' }, 'OIDC_ACME_LABLE is unknown; did you mean OIDC_ACME_LABEL?'],
    [{ OIDC_ACME_CLIENT_ID: 'id', OIDC_ACME_ISUER: 'x' }, 'OIDC_ACME_ISUER is unknown; did you mean OIDC_ACME_ISSUER?'],
    [{ OIDC_GOOGLE_ISSUER: 'https://accounts.google.com' }, 'this name is taken'],
    [{ OAUTH_TOKEN_KEY_PREVIOUS: 'k'.repeat(32) }, 'OAUTH_TOKEN_KEY_PREVIOUS requires OAUTH_TOKEN_KEY'],
    [{ ...ACME, NODE_ENV: 'production' }, 'APP_URL is required for sign-in with a provider'],
  ])('are refused if they are not complete: %j', (env, problem) => {
    expect(problems(env)).toContain(problem)
    for (const value of Object.values(env)) if (value.length > 20) expect(problems(env)).not.toContain(value)
  })

  it('may be many, but not endless', () => {
    const many = Object.fromEntries(
      Array.from({ length: 18 }, (_, n) => [
        [`OIDC_P${n}_ISSUER`, 'https://acme.example'],
        [`OIDC_P${n}_CLIENT_ID`, 'id'],
        [`OIDC_P${n}_CLIENT_SECRET`, 'secret'],
      ]).flat(),
    ) as Record<string, string>
    expect(problems(many)).toContain('There are too many OIDC_<NAME>_ISSUER')
  })
})

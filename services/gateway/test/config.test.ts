import { describe, expect, it } from 'vitest'
import { ConfigError, readConfig, upstreamAddresses } from '../src/config/index.js'

const VALID = {
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'test-jwt-secret-0123456789abcdef0123456789',
  GATEWAY_KEY: 'test-gateway-key-0123456789abcdef0123456789',
}

function problemsOf(env: Record<string, string>): string {
  try {
    readConfig({ ...VALID, ...env })
    return ''
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

describe('the configuration of the gateway', () => {
  it.each<[env: Record<string, string>, problem: RegExp]>([
    [{ GATEWAY_KEY: '' }, /GATEWAY_KEY is required; generate one/],
    [{ GATEWAY_KEY: 'short' }, /GATEWAY_KEY must be at least 32 bytes/],
    [{ REDIS_URL: '' }, /REDIS_URL is required/],
    [{ JWT_SECRET: '' }, /POSTERN_JWKS_URL is required, or JWT_SECRET or PASETO_KEY/],
    [{ NODE_ENV: 'production', GATEWAY_KEY: `development-${'x'.repeat(32)}` }, /GATEWAY_KEY is a development secret/],
    [
      { NODE_ENV: 'production', JWT_SECRET: '', POSTERN_JWKS_URL: 'https://auth.example.com/jwks' },
      /REVOCATION_KEY of the auth service is required in production/,
    ],
    [{ GATEWAY_RATE_LIMIT_USER: '100' }, /GATEWAY_RATE_LIMIT_USER must be 0, or a number of requests/],
    [{ GATEWAY_RATE_LIMIT: '0/60' }, /GATEWAY_RATE_LIMIT must be/],
    [{ GATEWAY_RATE_LIMIT_ROUTES: 'Login' }, /GATEWAY_RATE_LIMIT_ROUTES must be comma-separated pairs/],
    [{ GATEWAY_RATE_LIMIT_ROUTES: 'Login=1/1,Login=2/1' }, /GATEWAY_RATE_LIMIT_ROUTES must be/],
    [{ AUTH_GRPC_URL: 'localhost' }, /AUTH_GRPC_URL must be host:port/],
    [{ AUTH_GRPC_URL: 'https://localhost:1/path' }, /AUTH_GRPC_URL must be/],
    [{ GATEWAY_GRPC_CERT: 'x' }, /GATEWAY_GRPC_CERT and GATEWAY_GRPC_KEY need each other/],
    [{ GATEWAY_GRPC_CA: 'x' }, /GATEWAY_GRPC_CA has no effect without TLS/],
    [{ GATEWAY_URLS: 'gateway.internal.test' }, /GATEWAY_URLS must be comma-separated URLs/],
    [{ ALLOWED_ORIGINS: '*' }, /ALLOWED_ORIGINS must be comma-separated origins/],
    [{ TRUST_PROXY: 'true' }, /TRUST_PROXY must be comma-separated addresses/],
    [{ PASETO_KEY: 'x' }, /PASETO_KEY must be 64 hex characters/],
  ])('names what is wrong, and no value: %j', (env, problem) => {
    expect(problemsOf(env)).toMatch(problem)
    for (const value of Object.values(env)) if (value.length > 10) expect(problemsOf(env)).not.toContain(value)
  })

  it('has limits by route, and none for 0', () => {
    const { GATEWAY_RATE_LIMIT, GATEWAY_RATE_LIMIT_ROUTES } = readConfig({
      ...VALID,
      GATEWAY_RATE_LIMIT: '0',
      GATEWAY_RATE_LIMIT_ROUTES: 'Login=20/60, Overview=0',
    })
    expect(GATEWAY_RATE_LIMIT).toBeNull()
    expect([...GATEWAY_RATE_LIMIT_ROUTES]).toEqual([
      ['Login', { limit: 20, seconds: 60 }],
      ['Overview', null],
    ])
  })

  it('has the address of each service', () => {
    const addressOf = (url: string) => upstreamAddresses(readConfig({ ...VALID, AUTH_GRPC_URL: url })).auth
    expect(addressOf('auth:50051')).toMatchObject({ target: 'dns:///auth:50051', tls: false })
    expect(addressOf('https://[::1]:50051')).toMatchObject({ target: 'dns:///[::1]:50051', tls: true })
    expect(upstreamAddresses(readConfig(VALID)).auth).toMatchObject({ target: 'dns:///localhost:50051', tls: false })
  })

  it('knows in development where clients reach it, and in production only from GATEWAY_URLS', () => {
    expect(readConfig(VALID).GATEWAY_URLS).toContain('http://localhost:8090')
    expect(readConfig({ ...VALID, NODE_ENV: 'production' }).GATEWAY_URLS).toEqual([])
  })
})

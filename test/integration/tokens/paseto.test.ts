import { decrypt, encrypt } from 'paseto-ts/v4'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionValidator } from '@postern/session'
import { keyCommands, keysFolder, partOf } from '../../support/keys.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, TEST_ENVIRONMENT, type Instance, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

const PROFILE = '{ profile { id } }'
const PASETO_KEY = 'ab'.repeat(32)
const REVOCATION_KEY = 'test-revocation-key-0123456789abcdef012345'

const localKey = (hex: string) => new Uint8Array(Buffer.concat([Buffer.from('k4.local.'), Buffer.from(hex, 'hex')]))
const open = (token: string, key = PASETO_KEY) => decrypt(localKey(key), token, { validatePayload: false }).payload
const accepts = async (instance: Instance, token: string) => !(await instance.graphql(PROFILE, {}, token)).code

describe('TOKEN_FORMAT=paseto', () => {
  let service: Service

  beforeAll(async () => {
    service = await startService({ TOKEN_FORMAT: 'paseto', PASETO_KEY, JWT_SECRET: '', REVOCATION_KEY })
  })
  afterAll(() => service.stop())

  it('issues v4.local tokens with the same claims, and times in RFC 3339', async () => {
    const { id, token } = await service.signUp()
    expect(token).toMatch(/^v4\.local\.[\w-]+$/)
    const payload = open(token)
    expect(Object.keys(payload).toSorted()).toEqual(
      'acr amr aud auth_time client_id exp gen iat iss jti nbf roles sid sub'.split(' '),
    )
    expect(payload).toMatchObject({ iss: 'postern', aud: 'postern', sub: id, roles: ['USER'], iat: payload['nbf'] })
    expect(payload).toMatchObject({ auth_time: expect.any(Number), amr: ['pwd'], acr: 'aal1' })
    expect(Date.parse(String(payload['exp'])) - Date.parse(String(payload['iat']))).toBe(900_000)
    expect(payload['exp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/)
  })

  it('accepts them until the logout, in the service and in a validator', async () => {
    const { id, token } = await service.signUp()
    const validator = await createSessionValidator({
      pasetoKey: PASETO_KEY,
      revocationKey: REVOCATION_KEY,
      redis: testRedisUrl(),
    })
    try {
      expect((await service.succeed(PROFILE, {}, token))['profile'].id).toBe(id)
      await until('the validator is ready', () => validator.status().ready)
      expect(validator.validate(token).sub).toBe(id)
      await service.succeed('mutation { logout }', {}, token)
      expect(await accepts(service, token)).toBe(false)
      await until('the validator knows of it', () => {
        try {
          validator.validate(token)
          return false
        } catch (error) {
          return (error as { code: string }).code === 'revoked'
        }
      })
    } finally {
      await validator.close()
    }
  })

  it('refuses a modified token, one with another key, one with a footer, and every JWT', async () => {
    const { token } = await service.signUp()
    const payload = open(token)
    const options = { addIat: false, addExp: false, validatePayload: false }
    expect(await accepts(service, encrypt(localKey(PASETO_KEY), payload, options))).toBe(true)
    expect(await accepts(service, `${token.slice(0, -4)}AAAA`)).toBe(false)
    expect(await accepts(service, encrypt(localKey('cd'.repeat(32)), payload, options))).toBe(false)
    expect(await accepts(service, encrypt(localKey(PASETO_KEY), payload, { ...options, footer: 'x' }))).toBe(false)
    expect(await accepts(service, token.replace('v4.local.', 'v4.public.'))).toBe(false)
    const late = { ...payload, exp: '2020-01-01T00:00:00Z' }
    expect(await accepts(service, encrypt(localKey(PASETO_KEY), late, options))).toBe(false)

    const jwtService = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
    const account = await jwtService.signUp()
    expect(await accepts(jwtService, account.token)).toBe(true)
    expect(await accepts(service, account.token)).toBe(false)
    expect(await accepts(jwtService, token)).toBe(false)
    await jwtService.stop()
  })

  it('can rotate its key without signing out users', async () => {
    const next = 'cd'.repeat(32)
    const env = { TOKEN_FORMAT: 'paseto', JWT_SECRET: '', REVOCATION_KEY, DATABASE_URL: service.database.url }
    const changed = await startInstance({
      ...env,
      REDIS_URL: testRedisUrl(),
      PASETO_KEY: next,
      PASETO_KEY_PREVIOUS: PASETO_KEY,
    })
    const { token } = await service.signUp()
    expect(await accepts(changed, token)).toBe(true)
    const fresh = await changed.signUp()
    expect(open(fresh.token, next)['sub']).toBe(fresh.id)
    expect(await accepts(changed, fresh.token)).toBe(true)
    await changed.stop()
  })
})

describe('moving from JWT to PASETO', () => {
  it.each(['JWT_SECRET', 'KEYS_DIR'])('signs out no user, step by step, from %s', async (from) => {
    const folder = await keysFolder()
    await keyCommands(folder.path).rotate()
    const jwtKeys =
      from === 'KEYS_DIR'
        ? { KEYS_DIR: folder.path, JWT_SECRET: '', REVOCATION_KEY }
        : { JWT_SECRET: TEST_ENVIRONMENT.JWT_SECRET, REVOCATION_KEY }
    const both = { ...jwtKeys, PASETO_KEY, ACCEPTED_TOKEN_FORMATS: 'jwt,paseto' }
    const before = await startService(jwtKeys)
    const env = { DATABASE_URL: before.database.url, REDIS_URL: testRedisUrl() }
    const prepared = await startInstance({ ...env, ...both })
    const changed = await startInstance({ ...env, ...both, TOKEN_FORMAT: 'paseto' })
    const done = await startInstance({ ...env, JWT_SECRET: '', REVOCATION_KEY, PASETO_KEY, TOKEN_FORMAT: 'paseto' })

    const account = await before.signUp()
    const stillJwt = (await prepared.login(account)).token
    expect(partOf(stillJwt, 0)['alg']).toBe(from === 'KEYS_DIR' ? 'ES256' : 'HS256')
    const paseto = (await changed.login(account)).token
    expect(open(paseto)['sub']).toBe(account.id)

    expect(await accepts(before, stillJwt)).toBe(true)
    for (const instance of [prepared, changed])
      for (const token of [account.token, stillJwt, paseto]) expect(await accepts(instance, token)).toBe(true)
    expect(await accepts(done, paseto)).toBe(true)
    expect(await accepts(done, stillJwt)).toBe(false)

    for (const instance of [done, changed, prepared, before]) await instance.stop()
    await folder.remove()
  })
})

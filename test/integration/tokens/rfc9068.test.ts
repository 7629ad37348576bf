import jwt from 'jsonwebtoken'
import { allowInsecureRequests, validateJwtAccessToken } from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionValidator, createTokenVerifier, authenticate } from '@postern/session'
import { keyCommands, keysFolder, partOf } from '../../support/keys.js'
import { startRedis } from '../../support/redis-server.js'
import { testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, TEST_ENVIRONMENT, type Instance, type Service } from '../../support/service.js'

const PROFILE = '{ profile { id } }'

describe('an access token signed with a key pair', () => {
  let folder: Awaited<ReturnType<typeof keysFolder>>
  let redis: Awaited<ReturnType<typeof startRedis>>
  let service: Service
  let renamed: Instance

  beforeAll(async () => {
    folder = await keysFolder()
    await keyCommands(folder.path).rotate()
    redis = await startRedis()
    const env = {
      KEYS_DIR: folder.path,
      REVOCATION_KEY: 'r'.repeat(32),
      JWT_SECRET: '',
      REVOCATION_REDIS_URL: redis.url,
    }
    service = await startService(env)
    const shared = { DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() }
    renamed = await startInstance({ ...env, ...shared, JWT_CLIENT_ID: 'mobile-app' })
  })
  afterAll(async () => {
    await renamed.stop()
    await service.stop()
    await Promise.all([redis.stop(), folder.remove()])
  })

  /** Validates a token as a resource server that follows RFC 9068 to the letter. */
  const validate = (token: string) =>
    validateJwtAccessToken(
      { issuer: 'postern', jwks_uri: `${service.url}/.well-known/jwks.json` },
      new Request('https://api.example.com/', { headers: { authorization: `Bearer ${token}` } }),
      'postern',
      { [allowInsecureRequests]: true },
    )

  it('is accepted by a strict validator of RFC 9068', async () => {
    const { id, token } = await service.signUp()
    expect(await validate(token)).toMatchObject({ sub: id, client_id: 'postern' })
  })

  it('has the client_id of JWT_CLIENT_ID, and other instances and validators accept it', async () => {
    const account = await service.signUp()
    const { token } = await renamed.login(account)
    expect(await validate(token)).toMatchObject({ sub: account.id, client_id: 'mobile-app' })
    expect((await service.graphql(PROFILE, {}, token)).errors).toEqual([])
    const sessions = await createSessionValidator({
      jwksUrl: `${service.url}/.well-known/jwks.json`,
      redis: redis.url,
      revocationKey: 'r'.repeat(32),
    })
    try {
      const auth = authenticate(sessions, { headers: { authorization: `Bearer ${token}` } })
      expect(auth).toMatchObject({ userId: account.id, clientId: 'mobile-app' })
    } finally {
      await sessions.close()
    }
  })
})

describe('a token of the version that issued no client_id', () => {
  const secret = TEST_ENVIRONMENT.JWT_SECRET
  let service: Service
  beforeAll(async () => {
    service = await startService()
  })
  afterAll(() => service.stop())

  it('is accepted by the service and by validators until it expires', async () => {
    const { id, token } = await service.signUp()
    const { client_id, ...claims } = partOf(token, 1)
    expect(client_id).toBe('postern')
    const earlier = jwt.sign(claims, secret, { algorithm: 'HS256', header: { alg: 'HS256', typ: 'at+jwt' } })
    expect((await service.graphql(PROFILE, {}, earlier)).errors).toEqual([])
    const verifier = createTokenVerifier({ secret })
    expect(verifier.verify(earlier)).toEqual(claims)
    const auth = authenticate(
      { validate: (given) => verifier.verify(given ?? '') },
      { headers: { authorization: `Bearer ${earlier}` } },
    )
    expect(auth).toMatchObject({ userId: id, clientId: null })
  })
})

describe('a PASETO', () => {
  it('has the client_id too', async () => {
    const pasetoKey = 'ab'.repeat(32)
    const service = await startService({ TOKEN_FORMAT: 'paseto', PASETO_KEY: pasetoKey, JWT_CLIENT_ID: 'mobile-app' })
    try {
      const { token } = await service.signUp()
      expect(createTokenVerifier({ pasetoKey }).verify(token)).toMatchObject({ client_id: 'mobile-app' })
    } finally {
      await service.stop()
    }
  })
})

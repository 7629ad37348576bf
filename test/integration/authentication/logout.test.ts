import { EventEmitter, once } from 'node:events'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectTestRedis, testRedisUrl } from '../../support/redis.js'
import { startInstance, startService, type Service } from '../../support/service.js'
import { until } from '../../support/wait.js'

let service: Service
let redis: Redis
let subscriber: Redis
const messages = new EventEmitter()

interface Claims {
  sub: string
  sid: string
  jti: string
  exp: number
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims

beforeAll(async () => {
  redis = await connectTestRedis()
  service = await startService()
  subscriber = redis.duplicate()
  await subscriber.subscribe('token_invalidation')
  subscriber.on('message', (_, text: string) => {
    const message = JSON.parse(text) as { sub: string }
    messages.emit(message.sub, message)
  })
})
afterAll(async () => {
  await service.stop()
  subscriber.disconnect()
  redis.disconnect()
})

const LOGOUT = 'mutation { logout }'
const PROFILE = '{ profile { id } }'

describe('logout', () => {
  it('ends the session on every instance', async () => {
    const second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
    try {
      const { token } = await service.signUp()
      expect(await service.succeed(LOGOUT, {}, token)).toEqual({ logout: true })
      expect((await service.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
      expect((await second.graphql(PROFILE, {}, token)).code).toBe('UNAUTHENTICATED')
    } finally {
      await second.stop()
    }
  })

  it('keeps the other sessions of the user', async () => {
    const account = await service.signUp()
    const { token } = await service.login(account)
    await service.succeed(LOGOUT, {}, account.token)
    await service.succeed(PROFILE, {}, token)
  })

  it('publishes the revocation before it responds', async () => {
    const { token } = await service.signUp()
    const { sub, sid, jti, exp } = claimsOf(token)
    const published = once(messages, sub)
    await service.succeed(LOGOUT, {}, token)
    const [message] = await published
    expect(message).toMatchObject({ v: 1, scope: 'session', sub, sid, jti, reason: 'logout' })
    expect(message.exp).toBeGreaterThanOrEqual(exp)
    expect(Object.keys(message).toSorted()).toEqual(['exp', 'jti', 'reason', 'scope', 'sid', 'sub', 'v'])
  })

  it('sets the key of the token until a minute after its expiry', async () => {
    const { token } = await service.signUp()
    const { jti, exp } = claimsOf(token)
    await service.succeed(LOGOUT, {}, token)
    const expiry = await redis.expiretime(`blacklist:${jti}`)
    expect(expiry).toBeGreaterThanOrEqual(exp + 60)
    expect(expiry).toBeLessThanOrEqual(exp + 70)
  })

  it('appends the revocation to the stream, signed with the key of the deployment', async () => {
    const { token } = await service.signUp()
    const { jti } = claimsOf(token)
    await service.succeed(LOGOUT, {}, token)
    const entries = await redis.xrange('token_invalidation_log', '-', '+')
    const entry = entries.map(([, fields]) => fields).find((fields) => fields.join().includes(jti))
    expect(entry?.filter((_, i) => i % 2 === 0)).toEqual(['kind', 'epoch', 'data', 'mac'])
  })

  it('marks the row as published', async () => {
    const { token } = await service.signUp()
    const { jti } = claimsOf(token)
    await service.succeed(LOGOUT, {}, token)
    const [row] = await service.database.query<{ published_epoch: number }>(
      'SELECT published_epoch FROM revocations WHERE jti = ?',
      [jti],
    )
    expect(row?.published_epoch).toBeGreaterThan(0)
  })

  it('also refuses later fields of the same request', async () => {
    const { token } = await service.signUp()
    const query = 'mutation { logout updateProfile(input: { firstName: "After" }) { id } }'
    const { errors } = await service.graphql(query, {}, token)
    expect(errors).toMatchObject([{ path: ['updateProfile'], extensions: { code: 'UNAUTHENTICATED' } }])
  })

  it('answers true to ten at once and records one revocation', async () => {
    const { token } = await service.signUp()
    const answers = await Promise.all(Array.from({ length: 10 }, () => service.graphql(LOGOUT, {}, token)))
    expect(answers.every(({ data, code }) => data?.logout === true || code === 'UNAUTHENTICATED')).toBe(true)
    const rows = await service.database.query('SELECT id FROM revocations WHERE jti = ?', [claimsOf(token).jti])
    expect(rows).toHaveLength(1)
  })

  it.each(['', 'Bearer', 'Bearer  ', 'Basic abc', 'Bearer a.b.c', 'Bearer a b'])(
    'answers UNAUTHENTICATED to the header "%s"',
    async (authorization) => {
      const response = await fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ query: LOGOUT }),
      })
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    },
  )
})

describe('the relay', () => {
  it('writes all revocations again after Redis was emptied', async () => {
    const { token } = await service.signUp()
    await service.succeed(LOGOUT, {}, token)
    await redis.flushdb()
    await until('the revocation is back', async () => redis.exists(`blacklist:${claimsOf(token).jti}`))
    const entries = await redis.xrange('token_invalidation_log', '-', '+')
    expect(entries[0]?.[1].slice(0, 2)).toEqual(['kind', 'epoch'])
  })

  it('is replaced within seconds after it ended', async () => {
    const second = await startInstance({ DATABASE_URL: service.database.url, REDIS_URL: testRedisUrl() })
    const relays = [service.app.background.relay, second.app.background.relay]
    await until('the second has requested the lock', async () => !(await second.app.background.relay.step()))
    relays[0]?.close()
    await until('one of them writes checkpoints again', async () =>
      (await Promise.all(relays.map((r) => r.step()))).includes(true),
    )
    await second.stop()
  })

  it('has a metric of undelivered revocations', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    expect(metrics).toMatch(/^postern_revocation_backlog 0$/m)
  })
})

describe('the purge', () => {
  it('deletes expired rows and nothing else', async () => {
    const { refreshToken, token } = await service.signUp()
    const active = await service.signUp()
    await service.succeed(LOGOUT, {}, token)
    const [sid, { jti }] = [refreshToken.split('.')[0], claimsOf(token)]
    await service.database.query(
      `UPDATE sessions SET ended_at = '2020-01-01' WHERE id = ?; UPDATE revocations SET expires_at = '2020-01-01' WHERE jti = ?`,
      [sid, jti],
    )
    expect(await service.app.background.purge()).toBe(2)
    await service.succeed(PROFILE, {}, active.token)
  })
})

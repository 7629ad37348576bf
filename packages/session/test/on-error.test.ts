import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { Cluster } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { startRedis } from '../../../test/support/redis-server.js'
import { createEdgeValidator } from '../src/edge.js'
import { edgeOutcome } from './support/both-entries.js'
import { createRelay } from './support/relay.js'
import { key, until, validator } from './support/stream.js'
import { claims, pair, SECRET, sign, signES256 } from './support/tokens.js'

describe('a wrong password of Redis', () => {
  it.each([
    ['a server', (port: number) => `redis://:wrong-secret@127.0.0.1:${port}`],
    ['a Sentinel', (port: number) => `redis+sentinel://127.0.0.1:${port}/name?sentinel_password=wrong-secret`],
    [
      'a cluster',
      (port: number) =>
        new Cluster([{ host: '127.0.0.1', port }], { lazyConnect: true, redisOptions: { password: 'wrong-secret' } }),
    ],
  ])('of %s is reported as such, without the password', async (_what, redis) => {
    const server = await startRedis('--requirepass', 'right', '--cluster-enabled', 'yes')
    onTestFinished(() => server.stop())
    const errors: string[] = []
    const onError = (error: Error) => errors.push(inspect(error, { depth: 10 }))
    await validator({ redis: redis(server.port), waitForReady: 0, onError })
    await until(() => errors.length > 1)
    for (const error of errors) {
      expect(error).toContain('WRONGPASS')
      expect(error).not.toContain('wrong-secret')
    }
  })
})

describe('an onError that throws', () => {
  const uncaught: unknown[] = []
  const keep = (error: unknown) => void uncaught.push(error)
  const bug = new Error('a bug of the callback')
  const onError = () => {
    throw bug
  }
  beforeEach(() => {
    uncaught.length = 0
    process.on('uncaughtException', keep)
  })
  afterEach(() => void process.off('uncaughtException', keep))

  it('is reported as uncaught, and the validator follows revocations and keys nevertheless', async () => {
    const redis = await startRedis()
    onTestFinished(() => redis.stop())
    let isDown = true
    const jwks = createServer((_request, response) => {
      const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'k1' }
      response.writeHead(isDown ? 500 : 200).end(JSON.stringify({ keys: [jwk] }))
    })
    await once(jwks.listen(0, '127.0.0.1'), 'listening')
    onTestFinished(() => {
      jwks.close()
      jwks.closeAllConnections()
    })
    const jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}`
    await redis.kill()
    const sessions = await validator({ redis: redis.url, jwksUrl, waitForReady: 0, onError })
    await until(() => uncaught.length > 2 && sessions.status().counters.keyFetchFailures > 0)
    expect(new Set(uncaught)).toEqual(new Set([bug]))
    isDown = false
    await redis.restart()
    const relay = createRelay(redis.redis, key)
    await relay.openEpoch()
    await relay.start()
    onTestFinished(() => relay.stop())
    await until(() => sessions.status().ready)
  })

  it('does not change how the validator for the edge answers', async () => {
    const failing = { secret: SECRET, onError, revocations: () => Promise.reject(new Error('an outage')) }
    expect(await edgeOutcome(createEdgeValidator(failing), sign(claims()))).toBe('revocations_unavailable')
    const allowing = createEdgeValidator({ ...failing, whenCheckFails: 'allow' })
    expect(await edgeOutcome(allowing, sign(claims()))).toBe('accepted')
    const keyless = createEdgeValidator({ jwksUrl: 'http://127.0.0.1:1', revocations: 'none', onError })
    expect(await edgeOutcome(keyless, signES256(claims()))).toBe('keys_unavailable')
    await until(() => uncaught.length === 3)
  })
})

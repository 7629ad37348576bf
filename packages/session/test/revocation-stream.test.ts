import { randomBytes, randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSessionValidator } from '../src/index.js'
import { deriveRevocationKey, encodeEntry, REVOCATION_STREAM } from '../src/protocol.js'
import { eachWithAStream, key, outcome, until, validator } from './support/stream.js'
import { readPackage } from '../../../test/support/examples.js'
import { refusal } from '../../../test/support/refusal.js'
import { createRelay, inSeconds, tokenRevocation } from './support/relay.js'
import { claims, SECRET, sign } from './support/tokens.js'

const stream = eachWithAStream()

describe('a validator that follows the revocation stream', () => {
  it('knows what was revoked before it started, and refuses within milliseconds what is revoked afterwards', async () => {
    const [early, late] = [claims(), claims()]
    await stream.relay.revoke(tokenRevocation(early.jti))
    const sessions = await validator({ redis: stream.server.url })
    expect(sessions.status()).toMatchObject({ ready: true, connected: true, revocations: 1, epoch: 1 })
    expect(outcome(sessions, sign(early))).toBe('revoked')
    const token = sign(late)
    expect(outcome(sessions, token)).toBe('accepted')
    await stream.relay.revoke(tokenRevocation(late.jti))
    await until(() => outcome(sessions, token) === 'revoked', 500)
  })

  it('refuses by session and by user below a generation', async () => {
    const sessions = await validator({ redis: stream.server.url })
    const [one, two] = [claims(), claims({ gen: 4 })]
    const tokens = [sign(one), sign(two), sign({ ...two, gen: 3, jti: randomUUID() })] as [string, string, string]
    await stream.relay.revoke({
      v: 1,
      scope: 'session',
      sid: one.sid,
      sub: one.sub,
      exp: inSeconds(900),
      reason: 'logout',
    })
    await stream.relay.revoke({
      v: 1,
      scope: 'user',
      sub: two.sub,
      gen: 4,
      exp: inSeconds(900),
      reason: 'password_changed',
    })
    await until(() => sessions.status().revocations === 2)
    expect(tokens.map((token) => outcome(sessions, token))).toEqual(['revoked', 'accepted', 'revoked'])
  })

  it('is not ready before a checkpoint that was written after it connected', async () => {
    stream.relay.stop()
    const sessions = await validator({ redis: stream.server.url, waitForReady: 0.3 })
    await until(() => sessions.status().counters.entries >= 2)
    const token = sign(claims())
    expect(outcome(sessions, token)).toBe('not_ready') // the stream has a checkpoint, but an old one
    expect(sessions.status()).toMatchObject({ ready: false, connected: true, lagMs: null })
    await stream.relay.start()
    await until(() => sessions.status().ready)
    expect(outcome(sessions, token)).toBe('accepted')
  })

  it('reads a long stream in batches, and is not ready before its end', async () => {
    const lastOne = claims()
    for (let i = 0; i < 3500; i++) void stream.relay.revoke(tokenRevocation(randomUUID()))
    await stream.relay.revoke(tokenRevocation(lastOne.jti))
    const sessions = await validator({ redis: stream.server.url })
    expect(sessions.status().revocations).toBe(3501)
    expect(outcome(sessions, sign(lastOne))).toBe('revoked')
  })

  it('ignores and counts entries that are forged, malformed or from another deployment', async () => {
    const sessions = await validator({ redis: stream.server.url })
    const victim = claims()
    const foreign = deriveRevocationKey('the secret of another deployment, just as long')
    const revocation = tokenRevocation(victim.jti)
    const signed = encodeEntry(key, { kind: 'revocation', epoch: 1, revocation })
    const entries = [
      encodeEntry(foreign, { kind: 'revocation', epoch: 1, revocation }),
      encodeEntry(foreign, { kind: 'epoch', epoch: 99 }),
      encodeEntry(foreign, { kind: 'checkpoint', epoch: 99 }),
      signed.slice(0, -2), // no MAC
      signed.with(-1, ''),
      signed.with(-1, `${signed.at(-1)}A`),
      signed.with(1, 'checkpoint'), // a MAC for something else
      signed.with(3, '2'),
      ['hello', 'world'],
      encodeEntry(key, { kind: 'revocation', epoch: 1, revocation: { ...revocation, exp: 'soon' as never } }),
      encodeEntry(key, { kind: 'revocation', epoch: 1, revocation: { ...revocation, scope: 'all' as never } }),
      encodeEntry(key, { kind: 'revocation', epoch: 1, revocation: null as never }),
      encodeEntry(key, { kind: 'gossip' as never, epoch: 1 }),
    ]
    for (const fields of entries) await stream.server.redis.xadd(REVOCATION_STREAM, '*', ...fields)
    await until(() => sessions.status().counters.ignored === entries.length)
    expect(outcome(sessions, sign(victim))).toBe('accepted')
    expect(sessions.status()).toMatchObject({ epoch: 1, revocations: 0, ready: true })
  })

  it('counts entries of an earlier key as leftover, not as ignored, and no entry twice', async () => {
    const earlier = createRelay(stream.server.redis, deriveRevocationKey('the secret before this one, just as long'))
    stream.relay.stop()
    await stream.server.redis.flushall()
    await earlier.openEpoch()
    await earlier.revoke(tokenRevocation(randomUUID()))
    await earlier.start()
    earlier.stop()
    await stream.relay.openEpoch()
    await stream.relay.start()
    const sessions = await validator({ redis: stream.server.url })
    const { counters } = sessions.status()
    expect(counters).toMatchObject({ ignored: 0 })
    expect(counters.leftover).toBeGreaterThanOrEqual(3)

    await stream.server.redis.xadd(REVOCATION_STREAM, '*', 'hello', 'world')
    await until(() => sessions.status().counters.ignored === 1)
    await stream.relay.openEpoch()
    await until(() => sessions.status().counters.replays > counters.replays && sessions.status().epoch === 3)
    expect(sessions.status().counters).toMatchObject({ ignored: 1, leftover: counters.leftover })
  })

  it('accepts entries signed with the previous secret during a rotation', async () => {
    const victim = claims()
    await stream.relay.revoke(tokenRevocation(victim.jti))
    const sessions = await validator({
      redis: stream.server.url,
      secret: ['the secret that comes next, and is long enough', SECRET],
    })
    expect(outcome(sessions, sign(victim))).toBe('revoked')
  })

  it('duplicates a client of the application and does not use it otherwise', async () => {
    const redis = new Redis(stream.server.url, { keyPrefix: 'app:', maxRetriesPerRequest: null })
    onTestFinished(() => redis.disconnect())
    const sessions = await validator({ redis })
    expect(sessions.status().ready).toBe(true)
    await sessions.close()
    expect(await redis.ping()).toBe('PONG')
  })

  it('needs no more from Redis than XREAD and XRANGE on one key', async () => {
    const rules = /^ACL SETUSER (.+)$/m.exec(readPackage('session').readme)?.[1]?.split(' ')
    await stream.server.redis.call('ACL', 'SETUSER', ...rules!)
    const sessions = await validator({ redis: stream.server.url.replace('//', '//validator:password@') })
    expect(sessions.status().ready).toBe(true)
  })

  it('answers 503 when closed, and 401 to a missing token in every state', async () => {
    const sessions = await validator({ redis: stream.server.url })
    const token = sign(claims())
    await sessions.close()
    expect(outcome(sessions, token)).toBe('closed')
    expect(refusal(() => sessions.validate(undefined))).toBe('missing_token')
    expect(sessions.status()).toMatchObject({ ready: false, connected: false })
  })
})

describe('memory', () => {
  it('that is full refuses every token with 503, and recovers by a replay when entries expire', async () => {
    const soon = inSeconds(-58) // ends in two seconds, after the margin of a minute
    const lasting = claims()
    for (let i = 0; i < 5; i++) await stream.relay.revoke(tokenRevocation(randomUUID(), soon + 1))
    const sessions = await validator({ redis: stream.server.url, maxRevocations: 5 })
    const token = sign(claims())
    expect(outcome(sessions, token)).toBe('accepted')
    await stream.relay.revoke(tokenRevocation(lasting.jti))
    await until(() => outcome(sessions, token) === 'memory_full')
    expect(sessions.status().ready).toBe(false)
    await until(() => outcome(sessions, token) === 'accepted')
    expect(outcome(sessions, sign(lasting))).toBe('revoked')
    expect(sessions.status().revocations).toBe(1)
  })
})

describe('a start', () => {
  it('without Redis resolves too, answers 503, and becomes ready when Redis starts', async () => {
    const errors: Error[] = []
    await stream.server.redis.flushall()
    stream.server.freeze()
    const sessions = await validator({
      redis: stream.server.url,
      waitForReady: 0.2,
      onError: (error) => errors.push(error),
    })
    expect(outcome(sessions, sign(claims()))).toBe('not_ready')
    await until(() => errors.length > 0)
    expect(errors[0]!.message).toMatch(/did not answer within/)
    stream.server.thaw()
    await stream.relay.openEpoch()
    await until(() => sessions.status().ready)
  })

  it('refuses invalid options', async () => {
    const given = { secret: SECRET, redis: stream.server.url }
    for (const allowForSeconds of [0, 4, -1, Number.NaN, Infinity, '30' as never]) {
      await expect(createSessionValidator({ ...given, whenDisconnected: { allowForSeconds } })).rejects.toThrow(
        TypeError,
      )
    }
    await expect(createSessionValidator({ redis: stream.server.url })).rejects.toThrow(/at least one/)
    await expect(createSessionValidator({ redis: stream.server.url, secret: randomBytes(31) })).rejects.toThrow(
      /32 bytes/,
    )
    await expect(createSessionValidator({ redis: stream.server.url, jwksUrl: 'file:///etc/passwd' })).rejects.toThrow(
      TypeError,
    )
  })
})

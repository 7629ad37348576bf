import { describe, expect, it, onTestFinished } from 'vitest'
import { RevocationTable } from '../src/index.js'
import { encodeEntry, REVOCATION_STREAM } from '../src/protocol.js'
import { redisClients } from '../src/redis-clients.js'
import { connectToStream } from '../src/stream-connection.js'
import { followRevocations } from '../src/revocation-stream.js'
import { eachWithAStream, key, outcome, until, validator } from './support/stream.js'
import { startProxy } from './support/proxy.js'
import { tokenRevocation } from './support/relay.js'
import { claims, sign } from './support/tokens.js'

const stream = eachWithAStream()

describe('a validator that loses the stream', () => {
  it('accepts none of 1,000 tokens that were revoked while it was cut off', async () => {
    const proxy = await startProxy(stream.server.port)
    onTestFinished(() => proxy.close())
    const sessions = await validator({ redis: proxy.url, whenDisconnected: 'allow' })
    const tokens = Array.from({ length: 1000 }, () => claims())
    const signed = tokens.map((payload) => sign(payload))
    expect(signed.filter((token) => outcome(sessions, token) === 'accepted')).toHaveLength(1000)
    proxy.refuses = true
    proxy.cut()
    await until(() => !sessions.status().connected)
    await Promise.all(tokens.map(({ jti }) => stream.relay.revoke(tokenRevocation(jti))))
    proxy.refuses = false
    const lag = sessions.status().lagMs!
    await until(() => sessions.status().lagMs! < lag)
    expect(signed.filter((token) => outcome(sessions, token) === 'accepted')).toHaveLength(0)
    expect(sessions.status().counters).toMatchObject({ replays: 1, connections: 2 }) // it continued where it was
  })

  it('is not ready after FLUSHALL until the service has written the stream again', async () => {
    const victim = claims()
    await stream.relay.revoke(tokenRevocation(victim.jti))
    stream.relay.stop()
    await stream.server.redis.flushall()
    const sessions = await validator({ redis: stream.server.url, waitForReady: 0.3 })
    const token = sign(victim)
    expect(outcome(sessions, token)).toBe('not_ready')
    await stream.relay.openEpoch()
    await until(() => sessions.status().revocations === 1)
    expect(outcome(sessions, token)).toBe('not_ready')
    await stream.relay.start()
    await until(() => sessions.status().ready)
    expect(outcome(sessions, token)).toBe('revoked')
  })

  it('keeps what it knows after FLUSHALL, and replays when the new epoch starts', async () => {
    const [before, during] = [claims(), claims()]
    await stream.relay.revoke(tokenRevocation(before.jti))
    const sessions = await validator({ redis: stream.server.url })
    stream.relay.stop()
    await stream.server.redis.flushall()
    stream.relay.active.length = 0 // even if the service writes nothing again
    expect(outcome(sessions, sign(before))).toBe('revoked')
    stream.relay.active.push(tokenRevocation(during.jti))
    await stream.relay.openEpoch()
    await stream.relay.start()
    await until(() => sessions.status().epoch === 2 && sessions.status().revocations === 2)
    await until(() => sessions.status().counters.replays === 2)
    expect([before, during].map((payload) => outcome(sessions, sign(payload)))).toEqual(['revoked', 'revoked'])
  })

  it('follows a Redis that restarted empty', async () => {
    const victim = claims()
    const sessions = await validator({ redis: stream.server.url, whenDisconnected: 'allow' })
    stream.relay.stop()
    stream.relay.active.push(tokenRevocation(victim.jti))
    await stream.server.restart()
    const lag = sessions.status().lagMs!
    await stream.relay.openEpoch()
    await stream.relay.start()
    await until(() => sessions.status().epoch === 2 && sessions.status().lagMs! < lag)
    expect(outcome(sessions, sign(victim))).toBe('revoked')
  })

  it('notices a stream that was restored to an earlier state, with only ids before the last one read', async () => {
    const victim = claims()
    const sessions = await validator({ redis: stream.server.url })
    stream.relay.stop()
    await stream.server.redis.flushall()
    const rewound = (id: number, entry: Parameters<typeof encodeEntry>[1]) =>
      stream.server.redis.xadd(REVOCATION_STREAM, `${id}-1`, ...encodeEntry(key, entry))
    await rewound(1000, { kind: 'epoch', epoch: 2 })
    await rewound(1001, { kind: 'revocation', epoch: 2, revocation: tokenRevocation(victim.jti) })
    let id = 1002
    const timer = setInterval(() => void rewound(id++, { kind: 'checkpoint', epoch: 2 }).catch(() => {}), 100)
    onTestFinished(() => clearInterval(timer))
    const token = sign(victim)
    await until(() => outcome(sessions, token) === 'revoked')
    await until(() => sessions.status().lagMs! < 1500)
    expect(sessions.status()).toMatchObject({ epoch: 2, ready: true })
  })

  it('replays a stream that was trimmed beyond the last entry it read', async () => {
    const proxy = await startProxy(stream.server.port)
    onTestFinished(() => proxy.close())
    const victim = claims()
    const sessions = await validator({ redis: proxy.url, whenDisconnected: 'allow' })
    proxy.refuses = true
    proxy.cut()
    await until(() => !sessions.status().connected)
    await stream.relay.revoke(tokenRevocation(victim.jti))
    await stream.server.redis.xtrim(REVOCATION_STREAM, 'MAXLEN', 1)
    proxy.refuses = false
    await until(() => sessions.status().counters.replays === 2)
  })

  it('ignores the checkpoints of an epoch that has ended', async () => {
    const sessions = await validator({ redis: stream.server.url })
    stream.relay.stop()
    await stream.relay.append({ kind: 'epoch', epoch: 2 })
    await until(() => sessions.status().epoch === 2)
    const lag = sessions.status().lagMs!
    const entries = sessions.status().counters.entries
    for (let i = 0; i < 3; i++) await stream.relay.append({ kind: 'checkpoint', epoch: 1 })
    await until(() => sessions.status().counters.entries >= entries + 3)
    // If they counted, the lag would be smaller. All of this can happen within a millisecond.
    expect(sessions.status().lagMs).toBeGreaterThanOrEqual(lag)
  })

  it('replays when the clock is set back after it was wrongly set forward, and dropped what looked expired', async () => {
    let ahead = 0
    const victim = claims()
    await stream.relay.revoke(tokenRevocation(victim.jti))
    const table = new RevocationTable(100)
    const following = followRevocations({
      connect: () => connectToStream(redisClients(stream.server.url)()),
      keys: [key],
      table,
      onError: () => {},
      clock: () => ({ monotonic: performance.now(), wall: Date.now() + ahead }),
    })
    onTestFinished(() => following.close())
    await until(() => following.age() !== null && table.isRevoked(victim))
    ahead = 86_400_000
    expect(following.age()).toBeGreaterThan(86_000_000) // the clock with the larger lag counts, as after a machine's sleep
    table.sweep(Date.now() / 1000 + 86_400)
    expect(table.isRevoked(victim)).toBe(false)
    await until(() => following.age()! < 5000) // it has continued under the wrong time
    ahead = 0
    await until(() => table.isRevoked(victim))
    expect(following.counters.replays).toBe(2)
  })
})

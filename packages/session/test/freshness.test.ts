import { execFileSync } from 'node:child_process'
import { describe, expect, it, onTestFinished } from 'vitest'
import { encodeEntry, REVOCATION_STREAM } from '../src/protocol.js'
import { eachWithAStream, key, outcome, until, validator } from './support/stream.js'
import { tokenRevocation } from './support/relay.js'
import { claims, sign } from './support/tokens.js'

const stream = eachWithAStream()

describe('freshness', () => {
  it('is measured from the last checkpoint: without one, a Redis that answers is stale too', async () => {
    const sessions = await validator({ redis: stream.server.url, whenDisconnected: 'deny' })
    const token = sign(claims())
    expect(outcome(sessions, token)).toBe('accepted')
    stream.relay.stop()
    await until(() => outcome(sessions, token) === 'stale', 8000)
    expect(sessions.status()).toMatchObject({ connected: true, ready: false })
    expect(sessions.status().lagMs).toBeGreaterThan(5000)
    await stream.relay.start()
    await until(() => outcome(sessions, token) === 'accepted')
  })

  it('ends at once with deny, after the bound with allowForSeconds, and never with allow', async () => {
    const [deny, bound, allow] = await Promise.all([
      validator({ redis: stream.server.url, whenDisconnected: 'deny' }),
      validator({ redis: stream.server.url, whenDisconnected: { allowForSeconds: 5 } }),
      validator({ redis: stream.server.url, whenDisconnected: 'allow' }),
    ])
    const token = sign(claims())
    stream.server.freeze()
    onTestFinished(() => stream.server.thaw())
    await until(() => outcome(deny, token) === 'stale', 6000)
    expect(outcome(bound, token)).toBe('accepted')
    await until(() => outcome(bound, token) === 'stale', 8000)
    expect(outcome(allow, token)).toBe('accepted')
    stream.server.thaw()
    await until(() => [deny, bound, allow].every((sessions) => outcome(sessions, token) === 'accepted'))
    await until(() => [deny, bound, allow].every((sessions) => sessions.status().lagMs! < 2000))
  })

  it('is an upper bound even if entries waited in a buffer while this process was blocked', async () => {
    const sessions = await validator({ redis: stream.server.url })
    const victim = claims()
    const token = sign(victim)
    const lines = [
      ...Array.from({ length: 20 }, () => encodeEntry(key, { kind: 'checkpoint', epoch: 1 })),
      encodeEntry(key, { kind: 'revocation', epoch: 1, revocation: tokenRevocation(victim.jti) }),
      encodeEntry(key, { kind: 'checkpoint', epoch: 1 }),
    ].map((fields) => `XADD ${REVOCATION_STREAM} * ${fields.map((field) => `'${field}'`).join(' ')}\n`)
    // Another process writes these one by one, and this process is blocked for two more seconds. Redis answers the blocked
    // read with the first of them, a checkpoint. When it is processed here, it is two seconds old and not the last one.
    execFileSync('redis-cli', ['-p', `${stream.server.port}`], { input: lines.join('') })
    const written = performance.now()
    execFileSync('sleep', ['2'])
    while (outcome(sessions, token) !== 'revoked') {
      expect(sessions.status().lagMs).toBeGreaterThan(performance.now() - written)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(performance.now() - written).toBeGreaterThan(2000)
  })
})

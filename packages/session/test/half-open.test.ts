import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eachWithAStream, key, outcome, until, validator } from './support/stream.js'
import { startProxy } from './support/proxy.js'
import { startRedisApart } from './support/network-namespace.js'
import { createRelay, tokenRevocation } from './support/relay.js'
import { claims, sign } from './support/tokens.js'

const canMakeNetworks =
  process.getuid?.() === 0 && ['/sbin/ip', '/usr/sbin/ip', '/bin/ip'].some((path) => existsSync(path))

describe('a half-open connection', () => {
  const stream = eachWithAStream()

  it('through a proxy that goes silent is noticed and replaced, and what was missed is read', async () => {
    const proxy = await startProxy(stream.server.port)
    onTestFinished(() => proxy.close())
    const sessions = await validator({ redis: proxy.url, whenDisconnected: { allowForSeconds: 5 } })
    const payload = claims()
    const token = sign(payload)
    expect(outcome(sessions, token)).toBe('accepted')
    proxy.forwards = false
    await stream.relay.revoke(tokenRevocation(payload.jti))
    await until(() => !sessions.status().connected, 6000)
    await until(() => outcome(sessions, token) === 'stale', 6000)
    proxy.forwards = true
    const seen = new Set<string>()
    await until(() => seen.add(outcome(sessions, token)).has('revoked'))
    expect([...seen].filter((code) => code !== 'stale')).toEqual(['revoked'])
  })

  it.skipIf(!canMakeNetworks)('on a link that goes down is noticed, and heals when the link is up', async () => {
    const apart = await startRedisApart()
    onTestFinished(() => apart.stop())
    const relay = createRelay(apart.redis, key)
    onTestFinished(() => relay.stop())
    await relay.openEpoch()
    await relay.start()
    const sessions = await validator({ redis: apart.url, whenDisconnected: { allowForSeconds: 5 } })
    const payload = claims()
    const token = sign(payload)
    expect(outcome(sessions, token)).toBe('accepted')
    execFileSync('ip', ['link', 'set', apart.link, 'down'])
    await until(() => !sessions.status().connected, 6000)
    await until(() => outcome(sessions, token) === 'stale', 6000)
    execFileSync('ip', ['link', 'set', apart.link, 'up'])
    await relay.revoke(tokenRevocation(payload.jti))
    await until(() => outcome(sessions, token) === 'revoked')
  })

  if (!canMakeNetworks) console.warn('SKIPPED: the half-open test in a network namespace needs root and iproute2')
})

import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import { createSessionValidator, type SessionValidator, type SessionValidatorOptions } from '../../src/index.js'
import { deriveRevocationKey } from '../../src/protocol.js'
import { startRedis, type RedisServer } from '../../../../test/support/redis-server.js'
import { refusal } from '../../../../test/support/refusal.js'
import { PATIENCE_MS } from '../../../../test/support/wait.js'
import { createRelay, type Relay } from './relay.js'
import { SECRET } from './tokens.js'

export const key = deriveRevocationKey(SECRET)

/** A Redis and a relay that writes checkpoints, both new for each test. */
export function eachWithAStream(): { server: RedisServer; relay: Relay } {
  const stream = {} as { server: RedisServer; relay: Relay }
  beforeEach(async () => {
    stream.server = await startRedis()
    stream.relay = createRelay(stream.server.redis, key)
    await stream.relay.openEpoch()
    await stream.relay.start()
  })
  afterEach(async () => {
    stream.relay.stop()
    await stream.server.stop()
  })
  return stream
}

/** A validator that ends with the test. */
export async function validator(
  options: Pick<SessionValidatorOptions, 'redis'> & Partial<SessionValidatorOptions>,
): Promise<SessionValidator> {
  const sessions = await createSessionValidator({ secret: SECRET, ...options })
  onTestFinished(() => sessions.close())
  return sessions
}

export const outcome = (sessions: SessionValidator, token: string): string => refusal(() => sessions.validate(token))

export const until = (condition: () => unknown, timeout = PATIENCE_MS): Promise<void> =>
  vi.waitFor(async () => expect(await condition()).toBeTruthy(), { timeout, interval: 5 })

import { afterEach, beforeEach, expect, onTestFinished, vi } from 'vitest'
import { createSessionValidator, type SessionValidator, type SessionValidatorOptions } from '../../src/index.js'
import { deriveRevocationKey } from '../../src/protocol.js'
import { startRedis, type RedisServer } from '../../../../test/support/redis-server.js'
import { refusal } from '../../../../test/support/refusal.js'
import { createRelay, type Relay } from './relay.js'
import { SECRET } from './tokens.js'

export const key = deriveRevocationKey(SECRET)

/** A Redis and a relay that writes checkpoints, both new for each test of the file that calls this. */
export function eachWithALog(): { server: RedisServer; relay: Relay } {
  const log = {} as { server: RedisServer; relay: Relay }
  beforeEach(async () => {
    log.server = await startRedis()
    log.relay = createRelay(log.server.redis, key)
    await log.relay.openEpoch()
    await log.relay.start()
  })
  afterEach(async () => {
    log.relay.stop()
    await log.server.stop()
  })
  return log
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

export const until = (condition: () => unknown, timeout = 60_000): Promise<void> =>
  vi.waitFor(async () => expect(await condition()).toBeTruthy(), { timeout, interval: 5 })

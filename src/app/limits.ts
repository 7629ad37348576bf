// Builds limits: the lock-out after failed logins.
import { type Config, overriddenLimits, processes } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import { createLoginAttemptRepository } from '../repositories/limits/login-attempts.js'
import { declaredLimits } from '../schema/rate-limits.js'
import { readSchema } from '../schema/sdl.js'
import { createDevices, createLockOut, type LockOut, withoutLockOut } from '../services/limits/index.js'
import type { PasswordService } from '../services/passwords/index.js'
import type { Stores } from './stores.js'

export function createLimits({
  config,
  stores: { streamRedis },
  passwords,
  clock,
}: {
  config: Config
  stores: Stores
  passwords: Pick<PasswordService, 'firstHashMs'>
  clock: Clock
}): { lockOut: LockOut } {
  const declared = declaredLimits(readSchema())
  const [rule] = overriddenLimits(config).get('login') ?? declared.filter(({ operation }) => operation === 'login')
  const devices = createDevices(config.REFRESH_KEY)
  if (!rule) return { lockOut: withoutLockOut(devices) }
  const lockOut = createLockOut({
    // The server that must not evict: a key that it drops would be attempts given back.
    attempts: createLoginAttemptRepository(streamRedis),
    processes: processes(config) * config.INSTANCES,
    key: config.REFRESH_KEY,
    initialMs: passwords.firstHashMs,
    ...{ devices, rule, clock },
  })
  return { lockOut }
}

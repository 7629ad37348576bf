// Builds limits: the lock-out after failed logins, and how often an operation may be called.
import type { Clock } from '@postern/service/clock'
import { type Config, overriddenLimits, processes, type RateLimit } from '../config/index.js'
import { createCallCountRepository } from '../repositories/limits/call-counts.js'
import { createCallTotalRepository } from '../repositories/limits/call-totals.js'
import { createLoginAttemptRepository } from '../repositories/limits/login-attempts.js'
import { declaredLimits } from '../schema/rate-limits.js'
import { readSchema } from '../schema/sdl.js'
import {
  createAddressLimits,
  createCallLimits,
  createDevices,
  createLockOut,
  type LimitServices,
  type LockOut,
  type OperationLimits,
  withoutLockOut,
} from '../services/limits/index.js'
import type { PasswordService } from '../services/passwords/index.js'
import type { Stores } from './stores.js'

/** All operations together, per address: more than a busy office behind one address needs. */
const ALL_OPERATIONS: RateLimit = { limit: 3000, seconds: 60 }

/** The part of the requests in progress that may be logins which wait for others: all could keep everyone else out. */
const WAITING_SHARE = 1 / 4

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
}): { lockOut: LockOut; limits: LimitServices } {
  // The server that must not evict: a key that it drops would be attempts given back.
  const shared = { processes: processes(config) * config.INSTANCES, key: config.REFRESH_KEY }
  const { lock, operations, hot, all } = limitsInForce(config)
  const devices = createDevices(config.REFRESH_KEY)
  const attempts = createLoginAttemptRepository(streamRedis)
  const initialMs = passwords.firstHashMs
  const maxWaiting = Math.ceil(config.MAX_CONCURRENT_REQUESTS * WAITING_SHARE)
  const lockOut = lock
    ? createLockOut({ ...shared, attempts, devices, rule: lock, initialMs, maxWaiting, clock })
    : withoutLockOut(devices, clock)
  return {
    lockOut,
    limits: {
      lockedUntil: (accountId) => lockOut.lockedUntil(accountId),
      calls: createCallLimits({ ...shared, counts: createCallCountRepository(streamRedis), operations }),
      addresses:
        all.length === 0 && hot.size === 0
          ? null
          : createAddressLimits({
              ...{ all, operations: hot, key: config.REFRESH_KEY, clock },
              totals: createCallTotalRepository(streamRedis),
            }),
    },
  }
}

/** What the schema declares, unless a variable overrides it. Outside production, only the lock-out is on by default. */
function limitsInForce(config: Config) {
  const overridden = overriddenLimits(config)
  let lock: RateLimit | undefined
  const operations = new Map<string, OperationLimits>()
  /** Those marked `@hot` are called so often that they are counted in the process. */
  const hot = new Map<string, readonly RateLimit[]>()
  const isProduction = config.NODE_ENV === 'production'
  for (const [operation, declared] of Map.groupBy(declaredLimits(readSchema()), (limit) => limit.operation)) {
    const isLock = declared.some(({ per }) => per.includes('ACCOUNT'))
    const byDefault = isLock || isProduction ? declared : []
    const limits = overridden.get(operation) ?? byDefault
    const scopes = [...new Set(declared.flatMap(({ per }) => per))].filter((scope) => scope !== 'ACCOUNT')
    if (isLock) lock = limits[0]
    else if (limits.length === 0) continue
    else if (declared.some(({ isHot }) => isHot)) hot.set(operation, limits)
    else operations.set(operation, { limits, scopes })
  }
  const all = overridden.get('address') ?? (isProduction ? [ALL_OPERATIONS] : [])
  return { lock, operations, hot, all }
}

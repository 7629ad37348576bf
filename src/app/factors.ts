// Builds factors: the second factor of an account.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createKeyRing, deriveSecret } from '@postern/service/sealing'
import type { AuditTrail } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import {
  createFactorChanges,
  createFactorEnrollment,
  createFindCode,
  createRecoveryCodeMacs,
  type FactorServices,
  type FindCode,
} from '../services/factors/index.js'
import type { LockOut } from '../services/limits/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SecondFactorRule, SessionServices, Viewer } from '../services/sessions/index.js'
import { createRemoveLostPasskeys } from '../services/passkeys/index.js'
import type { SigningIn } from './authentication.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** Without an MFA_KEY it follows from another secret. That one stays in use for what it was used for, once there is an MFA_KEY. */
function keysOf({ MFA_KEY, MFA_KEY_PREVIOUS, REFRESH_KEY }: Config): [current: string, previous: string[]] {
  const derived = deriveSecret(REFRESH_KEY, 'postern second factor key v1')
  return MFA_KEY === undefined ? [derived, MFA_KEY_PREVIOUS] : [MFA_KEY, [...MFA_KEY_PREVIOUS, derived]]
}

export function createFactors({
  config,
  stores: { transactions },
  repositories: { users, factors, passkeys },
  sessions,
  signingIn: { stepUp, waysIn },
  lockOut,
  lacksFactor,
  revocations,
  codes: { canSend },
  audit: { trail: audit },
  events: { trail: events },
  logger,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  sessions: SessionServices
  signingIn: Pick<SigningIn, 'stepUp' | 'waysIn'>
  lockOut: Pick<LockOut, 'issueDevice'>
  lacksFactor: SecondFactorRule
  revocations: RevocationService
  codes: { canSend: boolean }
  audit: { trail: AuditTrail }
  events: { trail: EventTrail }
  logger: Logger
  clock: Clock
}): { factors: FactorServices; findCode: FindCode } {
  const keys = keysOf(config)
  const ring = createKeyRing('postern second factor v1', ...keys)
  const macsOf = createRecoveryCodeMacs(...keys)
  const shared = {
    ...{ transactions, factors, macsOf, sessions, revocations, audit, events },
    requireRecentProof: (viewer: Viewer) => stepUp.require(viewer),
    issueDevice: (account: { id: string; generation: number }) => lockOut.issueDevice(account, ''),
  }
  return {
    factors: {
      enrollment: createFactorEnrollment({
        ...shared,
        ring,
        requireVerifiedEmail: canSend,
        issuer: config.APP_NAME,
        clock,
      }),
      changes: createFactorChanges({
        ...{ ...shared, users, lacksFactor },
        removeLostPasskeys: createRemoveLostPasskeys({ passkeys, audit, events }),
        requireWayIn: (tx, userId) => waysIn.requireOne(tx, userId),
        canSend,
      }),
    },
    findCode: createFindCode({
      ...{ factors, ring, macsOf, clock },
      onUnreadable: (userId) =>
        logger.error({ userId }, "a second factor can't be decrypted: restore MFA_KEY or REFRESH_KEY"),
    }),
  }
}

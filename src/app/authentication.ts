// Builds authentication: signing in, and refreshing tokens.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import {
  type AuthenticationServices,
  type CountWays,
  createChallenges,
  createFailedLogins,
  createLoginService,
  createReauthentication,
  createRefreshService,
  createSecondStep,
  createSignIn,
  createStepUp,
  createWaysIn,
  createWithCode,
  type FailedLogins,
  type SignIn,
  type StepUp,
  type WaysIn,
} from '../services/authentication/index.js'
import { createCountRepository } from '../repositories/verification/counts.js'
import type { RemindOfDeletion, VerifyOwnPassword } from '../services/accounts/index.js'
import type { AuditTrail, Refusals } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import type { FindCode } from '../services/factors/index.js'
import type { CallLimits, LockOut } from '../services/limits/index.js'
import type { PasswordService } from '../services/passwords/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SecondFactorRule, SessionServices, SessionTokens } from '../services/sessions/index.js'
import type { AuthenticationMetrics } from './authentication-metrics.js'
import { logShortGrace } from './log-events.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'
import type { Codes } from './verification.js'

/** What every way to sign in ends in, and what dangerous operations require. */
export interface SigningIn {
  signIn: SignIn
  stepUp: StepUp
  waysIn: WaysIn
}

/** `ways`: one function for each kind of way in. */
export function createSigningIn({
  config,
  repositories: { users, challenges, deletions, passkeys },
  sessions: { sessions },
  lockOut,
  lacksFactor,
  ways,
  remindOfDeletion,
  clock,
}: {
  config: Config
  repositories: Repositories
  sessions: SessionServices
  lockOut: LockOut
  lacksFactor: SecondFactorRule
  ways: readonly CountWays[]
  remindOfDeletion: RemindOfDeletion
  clock: Clock
}): SigningIn {
  return {
    signIn: createSignIn({
      ...{ sessions, devices: lockOut, lacksFactor, requireVerifiedEmail: config.REQUIRE_VERIFIED_EMAIL },
      deletionOf: async (userId) => (await deletions.findPending(userId))?.dueAt ?? null,
      remindOfDeletion,
      challenges: createChallenges({ challenges, clock }),
    }),
    stepUp: createStepUp({
      hasSecondFactor: (userId) => users.hasSecondFactor(userId),
      // Without a domain, no one can use one.
      hasPasskey: async (userId) => config.PASSKEY_RP_ID !== undefined && (await passkeys.list(userId)).length > 0,
      clock,
    }),
    waysIn: createWaysIn(ways),
  }
}

export function createAuthentication({
  config,
  stores: { transactions, mysqlTransaction, read, write },
  repositories,
  passwords,
  sessions: { sessions, endings },
  signingIn: { signIn, stepUp },
  findCode,
  verifyPassword,
  tokens,
  lockOut,
  codes: { mailRequests },
  limits,
  revocations,
  audit: { trail: audit, refusals },
  events: { trail: events },
  logger,
  counted,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  passwords: PasswordService
  sessions: SessionServices
  signingIn: SigningIn
  findCode: FindCode
  verifyPassword: VerifyOwnPassword
  tokens: SessionTokens
  lockOut: LockOut
  codes: Codes
  limits: CallLimits
  revocations: RevocationService
  audit: { trail: AuditTrail; refusals: Refusals }
  events: { trail: EventTrail }
  logger: Logger
  counted: AuthenticationMetrics
  clock: Clock
}): { authentication: AuthenticationServices; failedLogins: Pick<FailedLogins, 'flush'> } {
  logShortGrace(logger, config.REFRESH_GRACE)
  const failedLogins = createFailedLogins({
    ...{ transaction: mysqlTransaction, events, monotonic: () => performance.now() },
  })
  const transaction = mysqlTransaction
  const { users, challenges } = repositories
  const counts = createCountRepository(read, write)
  const withCode = counted.codes(
    createWithCode({
      ...{ counts, findCode, lockOut, refusals, failedLogins, key: config.REFRESH_KEY, clock },
    }),
  )
  return {
    failedLogins,
    authentication: {
      stepUp,
      secondStep: createSecondStep({ challenges, withCode, signIn, clock }),
      reauthentication: createReauthentication({
        ...{ transaction, sessions, withCode, revocations, audit },
        hasSecondFactor: (userId) => users.hasSecondFactor(userId),
        verifyPassword: (viewer, password) =>
          verifyPassword(viewer, password, { action: 'REAUTHENTICATE', field: 'password' }),
      }),
      login: counted.login(
        createLoginService({
          ...{ transactions, repositories, signIn, passwords, lockOut, refusals, failedLogins, clock },
          onHidden: config.HIDE_REGISTRATION
            ? (email, client) => mailRequests.add('VERIFY_EMAIL', email, client).catch(() => undefined)
            : null,
        }),
      ),
      refresh: counted.refresh(
        createRefreshService({
          sessions: repositories.sessions,
          endings,
          tokens,
          limits,
          lifetimes: { grace: config.REFRESH_GRACE, clockSkew: config.CLOCK_SKEW, idleTtl: config.SESSION_IDLE_TTL },
          onSecurityEvent: (securityEvent, facts) => logger.warn({ securityEvent, ...facts }, 'security event'),
          clock,
        }),
      ),
    },
  }
}

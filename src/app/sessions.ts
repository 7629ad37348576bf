// Builds sessions: starting and authenticating them, and every way to end them.
import { deriveRevocationKey } from '@postern/contract/revocations'
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import { createEverySessionRepository } from '../repositories/sessions/every-session.js'
import { createSignInRepository } from '../repositories/sessions/sign-ins.js'
import type { AuditTrail } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import {
  createEarlierSessions,
  createEndEveryone,
  createSessionEndings,
  createSessionService,
  createTokenValidation,
  type SecondFactorRule,
  type SessionServices,
  type SessionTokens,
} from '../services/sessions/index.js'
import type { AuthenticationMetrics } from './authentication-metrics.js'
import { logUnfollowed } from './log-events.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

export function createSessions({
  config,
  stores,
  repositories: { users, sessions },
  tokens,
  lacksFactor,
  revocations,
  audit: { trail: audit },
  events: { trail: events },
  counted,
  logger,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  tokens: SessionTokens
  lacksFactor: SecondFactorRule
  revocations: RevocationService
  audit: { trail: AuditTrail }
  events: { trail: EventTrail }
  counted: AuthenticationMetrics
  logger: Logger
  clock: Clock
}): SessionServices {
  const { transactions, mysqlTransaction } = stores
  const endings = createSessionEndings({
    ...{ transactions, transaction: mysqlTransaction, repositories: { users, sessions } },
    ...{ revocations, audit, events, clock },
  })
  const service = createSessionService({
    transaction: mysqlTransaction,
    repositories: { users, sessions, signIns: createSignInRepository(mysqlTransaction) },
    tokens,
    lacksFactor,
    revocations,
    audit,
    events,
    limits: {
      idleTtl: config.SESSION_IDLE_TTL,
      absoluteTtl: config.SESSION_ABSOLUTE_TTL,
      perUser: config.SESSIONS_PER_USER,
    },
    clock,
  })
  return {
    sessions: counted.sessions(service),
    endings,
    validation: createTokenValidation({
      ...{ sessions: service, access: tokens.access, count: counted.validated, redis: stores.streamRedis },
      revocationKey: config.REVOCATION_KEY ?? deriveRevocationKey(config.JWT_SECRET),
      onError: logUnfollowed(logger),
    }),
    earlier: createEarlierSessions({
      ...{ sessions, tokens, endings, clock },
      onFailure: (error) => logger.error({ err: error }, 'the session before a new sign-in could not be ended'),
    }),
    endEveryone: createEndEveryone({
      everySession: createEverySessionRepository(stores.read),
      ...{ transaction: mysqlTransaction, revocations, audit, events, clock },
    }),
  }
}

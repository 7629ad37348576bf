// Builds passkeys: adding, using and removing them.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Statements } from '@postern/service/database/statements'
import type { Config } from '../config/index.js'
import type { AuditTrail, Refusals } from '../services/audit/index.js'
import type { Reauthentication } from '../services/authentication/index.js'
import type { EventTrail } from '../services/events/index.js'
import {
  createCeremonies,
  createChallenges,
  createOwnPasskeys,
  createPasskeyLogin,
  createPasskeyReauthentication,
  createPasskeyRegistration,
  createUserHandles,
  createVerifyUse,
  type PasskeyServices,
} from '../services/passkeys/index.js'
import type { Viewer } from '../services/sessions/index.js'
import type { SigningIn } from './authentication.js'
import type { AuthenticationMetrics } from './authentication-metrics.js'
import { logPasskeyRefusals } from './log-events.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** Null if there is no domain that passkeys could belong to. */
export function createPasskeys({
  config,
  stores: { mysqlTransaction: transaction },
  repositories: { passkeys, usedChallenges: challenges, users },
  signingIn: { signIn, stepUp, waysIn },
  complete,
  audit: { trail: audit, refusals },
  events: { trail: events },
  counted,
  logger,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  signingIn: SigningIn
  complete: Reauthentication['complete']
  audit: { trail: AuditTrail; refusals: Refusals }
  events: { trail: EventTrail }
  counted: AuthenticationMetrics
  logger: Logger
  clock: Clock
}): PasskeyServices | null {
  const { PASSKEY_RP_ID: rpId, PASSKEY_ORIGINS: origins, APP_NAME: name, REFRESH_KEY: key } = config
  if (rpId === undefined) return null
  const ceremonies = createCeremonies(createChallenges(key, clock), { id: rpId, name, origins })
  const verifyUse = createVerifyUse({ passkeys, challenges, ceremonies, clock })
  const onRefused = logPasskeyRefusals(logger)
  const requireStepUp = (viewer: Viewer) => stepUp.require(viewer)
  const requireAnotherWayIn = (tx: Statements, userId: string) => waysIn.requireOne(tx, userId)
  return {
    login: counted.passkeyLogin(createPasskeyLogin({ users, ceremonies, verifyUse, signIn, refusals, onRefused })),
    own: createOwnPasskeys({
      ...{ transaction, passkeys, rpId, requireStepUp, requireAnotherWayIn, audit, events },
    }),
    reauthentication: createPasskeyReauthentication({
      ...{ passkeys, ceremonies, verifyUse, complete, refusals, onRefused },
    }),
    registration: createPasskeyRegistration({
      ...{ transaction, repositories: { passkeys, challenges }, ceremonies, requireStepUp, onRefused, clock },
      ...{ handles: createUserHandles(key), trails: { audit, refusals, events } },
    }),
  }
}

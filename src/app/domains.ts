// Builds every domain once, from the bottom up, and passes on what each one needs.
import { createOutboundRequests } from '@postern/delivery/outbound/requests'
import type { Logger } from '@postern/service/logger'
import type { Tracing } from '@postern/service/tracing/tracing'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import {
  createRemindOfDeletion,
  createVerifyOwnPassword,
  withoutPassword,
  withSecondFactor,
} from '../services/accounts/index.js'
import type { CountWays } from '../services/authentication/index.js'
import { contextWords, createNewPasswordRule, type StartHasher } from '../services/passwords/index.js'
import { createSecondFactorRule, createSessionCount } from '../services/sessions/index.js'
import { createAccounts } from './accounts.js'
import { createAudit } from './audit.js'
import { connectToBeside } from './beside.js'
import { createAuthentication, createSigningIn } from './authentication.js'
import { createAuthenticationMetrics } from './authentication-metrics.js'
import { createEvents } from './events.js'
import { createFactors } from './factors.js'
import { createBreachedPasswords } from './breached-passwords.js'
import { createCaptchaOf } from './captcha.js'
import { createLimits } from './limits.js'
import { createMail } from './mail.js'
import { createMaintenance } from './maintenance.js'
import { createOAuth } from './oauth.js'
import { createOAuthProviders } from './oauth-providers.js'
import { createPasskeys } from './passkeys.js'
import { createPasswords } from './passwords.js'
import { createReceivedEvents } from './received-events.js'
import { createRepositories } from './repositories.js'
import { createRevocations } from './revocations.js'
import { createSessions } from './sessions.js'
import { createSignals } from './signals.js'
import type { Stores } from './stores.js'
import { createSubscriptions } from './subscriptions.js'
import { createProofs, createTokens } from './tokens.js'
import { createUsernames } from './usernames.js'
import { createCodes, createVerification } from './verification.js'
import { createWebhooks } from './webhooks.js'

interface Parts {
  config: Config
  stores: Stores
  logger: Logger
  metrics: Metrics
  tracing: Tracing | null
  clock: Clock
  /** Whether this process hashes and verifies passwords. */
  hashes: boolean
  startHasher: StartHasher | undefined
}

export type Domains = Awaited<ReturnType<typeof createDomains>>

/** Throws a ConfigError if KEYS_DIR contains no usable key, or MAIL_TEMPLATES_DIR a template that is broken. */
export async function createDomains({ config, stores, logger, metrics, tracing, clock, hashes, startHasher }: Parts) {
  const beside = await connectToBeside({ config, stores, tracing, logger })
  const { consents, notification, notifications } = beside
  const lacksFactor = createSecondFactorRule(config.MFA_REQUIRED_ROLES)
  const { signingKeys, tokens } = await createTokens({ config, lacksFactor, logger, clock })
  const { passwords, hashing } = await createPasswords({
    config,
    logger,
    metrics,
    tracing,
    isUsed: hashes,
    startHasher,
  })
  const { breached, close: closeBreached } = await createBreachedPasswords(config, stores, metrics)
  const newPasswordRule = createNewPasswordRule(breached, contextWords([config.APP_NAME, ...config.PASSWORD_WORDS]))
  const repositories = createRepositories(stores)
  const { announce, createService: createSubscriptionService, settle } = createSubscriptions({ config, stores, clock })
  const audit = createAudit({ config, stores, metrics, logger, clock, announce })
  const subscriptions = createSubscriptionService(audit.services.listing)
  const events = createEvents({ config, stores, logger, metrics, tracing })
  const codes = createCodes({ config, stores, audit, events, logger, clock })
  const usernames = createUsernames({ config, stores, metrics, audit, events, clock })
  const signals = createSignals({ config, stores, signingKeys, audit, metrics, logger, clock })
  if (signals) events.consumers.push(signals.consumer)
  const { revocations, relay } = createRevocations({ config, stores, repositories, metrics, clock })
  const counted = createAuthenticationMetrics(metrics)
  const sessions = createSessions({
    ...{ config, stores, repositories, tokens, lacksFactor, revocations, audit, events, counted, logger, clock },
  })
  const sessionCount = createSessionCount({ sessions: repositories.sessions, clock })
  metrics.watchActiveSessions(sessionCount.current)
  const shared = { config, stores, repositories, passwords, sessions, audit, events, counted, clock }
  const { lockOut, limits } = createLimits({ config, stores, passwords, clock })
  const verifyPassword = createVerifyOwnPassword(repositories.users, passwords, audit.refusals)
  const hasPassword: CountWays = async (tx, userId) => Number(await repositories.credentials.hasPassword(tx, userId))
  const countPasskeys: CountWays = (tx, userId) => repositories.passkeys.count(tx, userId)
  const countLinked: CountWays = (tx, userId) => repositories.linked.count(tx, userId)
  const ways = [hasPassword, countLinked, ...(config.PASSKEY_RP_ID === undefined ? [] : [countPasskeys])]
  const remindOfDeletion = createRemindOfDeletion({
    ...{ transaction: stores.mysqlTransaction, deletions: repositories.deletions, maySend: codes.maySend },
    ...{ events: events.trail, clock },
  })
  const signingIn = createSigningIn({ ...shared, lockOut, lacksFactor, ways, remindOfDeletion })
  const { stepUp } = signingIn
  const verifyOwnPassword = withoutPassword(
    withSecondFactor(verifyPassword, (viewer) => stepUp.requireBesidesPassword(viewer)),
    repositories.users,
    (viewer) => stepUp.require(viewer),
  )
  const changes = { ...shared, revocations, newPasswordRule, verifyOwnPassword, lockOut }
  const { factors, findCode } = createFactors({ ...changes, codes, signingIn, lacksFactor, logger })
  const oauthProviders = createOAuthProviders({ config, stores, repositories, logger, clock })
  const { endAll: endGrants } = oauthProviders.grants
  const accounts = createAccounts({ ...changes, signingIn, usernames, codes, endGrants, consents, notifications })
  events.consumers.push(...beside.consumers)
  const mail = await createMail({ config, stores, events, metrics, logger, clock, notification })
  const verification = createVerification({ ...changes, codes })
  const { authentication, failedLogins } = createAuthentication({
    ...shared,
    signingIn,
    findCode,
    verifyPassword,
    codes,
    tokens,
    revocations,
    lockOut,
    limits: limits.calls,
    logger,
  })
  const oauth = createOAuth({ ...shared, signingIn, accounts, oauthProviders, revocations, metrics })
  const passkeys = createPasskeys({
    ...{ ...shared, signingIn, logger },
    complete: authentication.reauthentication.complete,
  })
  const captcha = createCaptchaOf(config, stores, metrics)
  const maintenance = createMaintenance({ config, repositories, codes, events, clock })
  const outbound = createOutboundRequests({ allowedHosts: config.OUTBOUND_ALLOWED_HOSTS })
  const webhooks = createWebhooks({
    ...{ config, stores, repositories, outbound, audit, events, notification, logger, metrics, clock },
  })

  return {
    services: {
      ...{
        accounts,
        audit: audit.services,
        authentication,
        captcha,
        checkProof: createProofs({ config, stores, clock }),
        factors,
        limits,
        sessions,
        subscriptions,
        usernames,
      },
      ...{
        ...{ consents, notifications },
        signals: signals?.services ?? null,
        oauth: oauth.services,
        passkeys,
        verification,
        webhooks: webhooks.services,
        receiveEvents: createReceivedEvents({ stores, webhooks, audit, logger, tracing }),
      },
    },
    ...{
      audit,
      beside,
      codes,
      events,
      failedLogins,
      hashing,
      inbox: mail.inbox,
      maintenance,
      relay,
      repositories,
      revocations,
      sessionCount,
      signals,
      signingKeys,
      usernames,
      webhooks,
    },
    async followPasswordCosts() {
      passwords.followCosts(await repositories.credentials.sampleCosts())
    },
    /** Finishes what has started. */
    async close() {
      const statistics = usernames.statistics.deliver().catch(() => undefined)
      const refusals = audit.refusals.flush(true).catch(() => undefined)
      await sessions.validation.close()
      await subscriptions.close()
      await codes.mailRequests.close()
      await failedLogins.flush().catch(() => undefined)
      // Its consumers have mails, deliveries and signals sent.
      await events.close()
      await Promise.all([
        ...[settle(), revocations.settle(), webhooks.close(), oauth.close(), signals?.close()],
        ...[hashing.close(), closeBreached(), statistics, refusals],
      ])
      await mail.close()
      beside.close()
      relay.close()
    },
  }
}

// Builds sign-in with providers: everything that ends in a session or a link.
import { ServiceError } from '@postern/service/errors'
import type { Clock } from '@postern/service/clock'
import type { Config } from '../config/index.js'
import type { Metrics } from '../platform/metrics.js'
import { createVerifiedAccounts } from '../repositories/verification/accounts.js'
import { email } from '../schema/email-rule.js'
import { type AccountServices, createRegistrationByProvider } from '../services/accounts/index.js'
import type { AuditTrail, Refusals } from '../services/audit/index.js'
import type { EventTrail } from '../services/events/index.js'
import {
  createAccessTokens,
  createFlows,
  createJoining,
  createOAuthLinking,
  createOAuthService,
  createOAuthSignIn,
  createRedirects,
  type OAuthServices,
} from '../services/oauth/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import type { SigningIn } from './authentication.js'
import type { OAuthProviders } from './oauth-providers.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** `refused`: the browser, the provider or the account was not the right one. `failed`: the provider or the service. */
const STATUSES = ['success', 'refused', 'failed', 'mfa_required'] as const

function statusOf(error: unknown): (typeof STATUSES)[number] {
  if (error === null) return 'success'
  if (!(error instanceof ServiceError) || error.code === 'SERVICE_UNAVAILABLE') return 'failed'
  return error.code === 'MFA_REQUIRED' ? 'mfa_required' : 'refused'
}

function readEmail(text: unknown): string | null {
  const read = email.safeParse(text)
  return read.success ? read.data : null
}

export function createOAuth({
  config,
  stores,
  repositories: { users, sessions, linked, oauthStates: states },
  sessions: { endings, earlier },
  signingIn: { signIn, stepUp, waysIn },
  accounts: { admission, terms },
  revocations,
  audit: { trail: audit, refusals },
  events: { trail: events },
  oauthProviders: { providers, vault, grants },
  metrics,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  sessions: SessionServices
  signingIn: SigningIn
  accounts: Pick<AccountServices, 'admission' | 'terms'>
  revocations: RevocationService
  audit: { trail: AuditTrail; refusals: Refusals }
  events: { trail: EventTrail }
  oauthProviders: OAuthProviders
  metrics: Metrics
  clock: Clock
}): { services: OAuthServices; close: () => Promise<void> } {
  const { transactions, mysqlTransaction: transaction } = stores
  const names = providers.list.map(({ name }) => name)
  const count = metrics.oauthLogins(names, STATUSES)
  const accounts = createVerifiedAccounts()
  const register = createRegistrationByProvider({ users, admission, accounts, terms, audit, events, clock })
  const flows = createFlows({ states, providers, key: config.REFRESH_KEY, clock })
  const findOrJoin = createJoining({
    ...{ transaction, transactions, linked, accounts, register, endings, revocations, audit, events, clock },
  })
  const signInWith = createOAuthSignIn({
    ...{ flows, findOrJoin, linked, vault, signIn, readEmail, refusals, clock },
    onResult: (provider, error) => count(provider, statusOf(error)),
  })
  const linking = createOAuthLinking({
    ...{ transaction, linked, flows, providers, vault, grants, readEmail, stepUp, waysIn, audit, events, clock },
  })
  const redirects = createRedirects({ appUrl: config.APP_URL, allowedOrigins: config.ALLOWED_ORIGINS })
  return {
    services: {
      providers: providers.list,
      flows: createOAuthService({ flows, redirects, signInWith, linking, terms, sessions, earlier, clock }),
      linking,
      accessToken: createAccessTokens({ linked, vault, providers, clock }),
    },
    close: () => grants.close(),
  }
}

// Builds sign-in with providers: the providers, each with a circuit breaker, and everything that ends in a session or a link.
import type { Config, OAuthProviderSettings } from '../config/index.js'
import type { Clock } from '../platform/clock.js'
import { AuthError } from '../platform/errors.js'
import type { Logger } from '../platform/logger.js'
import type { Metrics } from '../platform/metrics.js'
import { deriveKey } from '../platform/sealing.js'
import { createGithubProvider } from '../repositories/oauth/github-provider.js'
import { createOpenIdProvider } from '../repositories/oauth/openid-provider.js'
import type { OAuthProvider } from '../repositories/oauth/provider.js'
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
  createProviders,
  createRedirects,
  createTokenVault,
  type OAuthServices,
} from '../services/oauth/index.js'
import type { RevocationService } from '../services/revocations/index.js'
import type { SessionServices } from '../services/sessions/index.js'
import type { SigningIn } from './authentication.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** `refused`: the browser, the provider or the account was not the right one. `failed`: the provider or the service. */
const STATUSES = ['success', 'refused', 'failed', 'mfa_required'] as const

function statusOf(error: unknown): (typeof STATUSES)[number] {
  if (error === null) return 'success'
  if (!(error instanceof AuthError) || error.code === 'SERVICE_UNAVAILABLE') return 'failed'
  return error.code === 'MFA_REQUIRED' ? 'mfa_required' : 'refused'
}

/** Without an OAUTH_TOKEN_KEY it follows from another secret, which must then stay the same. */
const tokenKey = ({ OAUTH_TOKEN_KEY, REFRESH_KEY }: Config): string =>
  OAUTH_TOKEN_KEY ?? deriveKey(REFRESH_KEY, 'postern oauth token key v1').toString('hex')

/** What each provider wants to be asked, so that it gives refresh tokens. */
const PARAMETERS: Partial<Record<OAuthProviderSettings['kind'], Record<string, string>>> = {
  google: { access_type: 'offline' },
}

function createProvider({ kind, issuer, clientId, clientSecret, scopes }: OAuthProviderSettings): OAuthProvider {
  if (kind === 'github') return createGithubProvider({ url: issuer, clientId, clientSecret, scopes })
  const parameters = PARAMETERS[kind] ?? {}
  return createOpenIdProvider({
    ...{ issuer, clientId, clientSecret, scopes, parameters, asksForEmail: kind === 'oidc' },
  })
}

function readEmail(text: unknown): string | null {
  const read = email.safeParse(text)
  return read.success ? read.data : null
}

export function createOAuth({
  config,
  stores,
  repositories: { users, sessions, linked, oauthStates: states },
  sessions: { endings },
  signingIn: { signIn, stepUp, waysIn },
  accounts: { admission },
  revocations,
  audit: { trail: audit, refusals },
  events: { trail: events },
  metrics,
  logger,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  sessions: SessionServices
  signingIn: SigningIn
  accounts: Pick<AccountServices, 'admission'>
  revocations: RevocationService
  audit: { trail: AuditTrail; refusals: Refusals }
  events: { trail: EventTrail }
  metrics: Metrics
  logger: Logger
  clock: Clock
}): { services: OAuthServices; close: () => Promise<void> } {
  const { transactions, mysqlTransaction: transaction, breakers } = stores
  const providers = createProviders(
    config.OAUTH_PROVIDERS.map((settings) => {
      const client = createProvider(settings)
      const { name, label, kind } = settings
      return { name, label, kind, client, guard: breakers.provider(`oauth_${name}`, () => client.probe()).run }
    }),
    (provider, reason, isMisconfigured) => {
      if (isMisconfigured)
        logger.warn({ provider, reason }, 'a sign-in provider refuses this service: check its client id and secret')
      else logger.info({ provider, reason }, 'a sign-in provider refused a sign-in')
    },
  )
  const names = providers.list.map(({ name }) => name)
  const count = metrics.oauthLogins(names, STATUSES)
  const accounts = createVerifiedAccounts()
  const register = createRegistrationByProvider({ users, admission, accounts, audit, events, clock })
  const vault = createTokenVault(tokenKey(config), config.OAUTH_TOKEN_KEY_PREVIOUS, clock)
  const flows = createFlows({ states, providers, key: config.REFRESH_KEY, clock })
  const findOrJoin = createJoining({
    ...{ transaction, transactions, linked, accounts, register, endings, revocations, audit, events, clock },
  })
  const signInWith = createOAuthSignIn({
    ...{ flows, findOrJoin, linked, users, vault, signIn, readEmail, refusals, clock },
    onResult: (provider, error) => count(provider, statusOf(error)),
  })
  const linking = createOAuthLinking({
    ...{ transaction, linked, flows, providers, vault, readEmail, stepUp, waysIn, audit, events, clock },
  })
  const redirects = createRedirects({ appUrl: config.APP_URL, allowedOrigins: config.ALLOWED_ORIGINS })
  return {
    services: {
      providers: providers.list,
      flows: createOAuthService({ flows, redirects, signInWith, linking, sessions, clock }),
      linking,
      accessToken: createAccessTokens({ linked, vault, providers, clock }),
    },
    close: () => linking.close(),
  }
}

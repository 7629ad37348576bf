// Builds the sign-in providers, each with a circuit breaker, and what keeps and ends their tokens. Accounts need it as well.
import type { Logger } from '@postern/service/logger'
import type { Clock } from '@postern/service/clock'
import type { Config, OAuthProviderSettings } from '../config/index.js'
import { deriveSecret } from '@postern/service/sealing'
import { createGithubProvider } from '../repositories/oauth/github-provider.js'
import { createOpenIdProvider } from '../repositories/oauth/openid-provider.js'
import type { OAuthProvider } from '../repositories/oauth/provider.js'
import { createGrants, createProviders, createTokenVault } from '../services/oauth/index.js'
import type { Repositories } from './repositories.js'
import type { Stores } from './stores.js'

/** Without an OAUTH_TOKEN_KEY it follows from another secret, which must then stay the same. */
const tokenKey = ({ OAUTH_TOKEN_KEY, REFRESH_KEY }: Config): string =>
  OAUTH_TOKEN_KEY ?? deriveSecret(REFRESH_KEY, 'postern oauth token key v1')

/** What each provider wants to be asked, so that it gives refresh tokens. */
const PARAMETERS: Partial<Record<OAuthProviderSettings['kind'], Record<string, string>>> = {
  google: { access_type: 'offline' },
}

/** Google knows no `prompt=login`. */
const AGAIN = { max_age: '0' }
const freshParameters = (kind: OAuthProviderSettings['kind']): Record<string, string> =>
  kind === 'google' ? AGAIN : { ...AGAIN, prompt: 'login' }

export function createOAuthProvider(settings: OAuthProviderSettings): OAuthProvider {
  const { kind, issuer, clientId, clientSecret, scopes } = settings
  if (kind === 'github') return createGithubProvider({ url: issuer, clientId, clientSecret, scopes })
  const parameters = PARAMETERS[kind] ?? {}
  return createOpenIdProvider({
    ...{ issuer, clientId, clientSecret, scopes, parameters, asksForEmail: kind === 'oidc' },
    freshParameters: freshParameters(kind),
  })
}

export type OAuthProviders = ReturnType<typeof createOAuthProviders>

export function createOAuthProviders({
  config,
  stores: { breakers },
  repositories: { linked },
  logger,
  clock,
}: {
  config: Config
  stores: Stores
  repositories: Repositories
  logger: Logger
  clock: Clock
}) {
  const providers = createProviders(
    config.OAUTH_PROVIDERS.map((settings) => {
      const client = createOAuthProvider(settings)
      const { name, label, kind } = settings
      return { name, label, kind, client, guard: breakers.provider(`oauth_${name}`, () => client.probe()).run }
    }),
    (provider, reason, isMisconfigured) => {
      if (isMisconfigured)
        logger.warn({ provider, reason }, 'a sign-in provider refuses this service: check its client id and secret')
      else logger.info({ provider, reason }, 'a sign-in provider refused a sign-in')
    },
  )
  const vault = createTokenVault(tokenKey(config), config.OAUTH_TOKEN_KEY_PREVIOUS, clock)
  return { providers, vault, grants: createGrants({ providers, vault, linked }) }
}

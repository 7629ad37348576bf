// A provider that speaks OpenID Connect: Google, Microsoft, and any other one.
import { createOpenIdClient } from '../../clients/openid-client.js'
import { type OAuthProvider, ProviderRefusal, toProviderTokens } from './provider.js'

interface Settings {
  issuer: string
  clientId: string
  clientSecret: string
  scopes: string
  /** More parameters of the authorization request. */
  parameters: Readonly<Record<string, string>>
  /** Those that ask for a fresh proof of who the person is. */
  freshParameters: Readonly<Record<string, string>>
  /** Whether to ask the provider for an address that the ID token does not contain. */
  asksForEmail: boolean
}

export function createOpenIdProvider(
  { issuer, clientId, clientSecret, scopes, parameters, freshParameters, asksForEmail }: Settings,
  client = createOpenIdClient({ clientId, clientSecret, server: { issuer } }),
): OAuthProvider {
  return {
    authorizationUrl: (checks, isFresh) =>
      client.authorizationUrl(checks, { ...parameters, ...(isFresh && freshParameters), scope: scopes }),

    async exchange(response, checks) {
      const { tokens, claims } = await client.exchange(response, checks)
      if (!claims) throw new ProviderRefusal('the provider sent no ID token')
      // The library looks at it only if there are several audiences (OpenID Connect Core 1.0, section 3.1.3.7).
      const { azp: authorizedParty = clientId } = claims
      if (authorizedParty !== clientId) throw new ProviderRefusal('the ID token is for another client')
      const more =
        asksForEmail && claims['email'] === undefined && (await client.userInfo(tokens.access_token, claims.sub))
      return { tokens: toProviderTokens(tokens), claims: { ...more, ...claims, auth_time: claims.auth_time } }
    },

    refresh: async (refreshToken) => toProviderTokens(await client.refresh(refreshToken)),

    // With the refresh token, providers end the access tokens of the same grant.
    revoke: ({ accessToken, refreshToken }) => client.revoke(refreshToken ?? accessToken),

    probe: client.probe,
  }
}

// GitHub: OAuth 2 without ID tokens. Who the person is, its API says.
import { createOpenIdClient } from '../../clients/openid-client.js'
import { requestProvider } from '../../clients/provider-requests.js'
import { type OAuthProvider, ProviderRefusal, toProviderTokens } from './provider.js'

interface Settings {
  /** https://github.com, or a GitHub Enterprise Server. */
  url: string
  clientId: string
  clientSecret: string
  scopes: string
}

const PUBLIC = 'https://github.com'

const BOUNDS = { timeoutMs: 5000, maxBytes: 64 * 1024 }

/** GitHub has no discovery document. */
export const githubMetadata = (url: string) => ({
  issuer: `${url}/login/oauth`,
  authorization_endpoint: `${url}/login/oauth/authorize`,
  token_endpoint: `${url}/login/oauth/access_token`,
  token_endpoint_auth_methods_supported: ['client_secret_post'],
  // Servers of companies may be of a version that does not send it.
  authorization_response_iss_parameter_supported: url === PUBLIC,
})

export function createGithubProvider(
  { url, clientId, clientSecret, scopes }: Settings,
  client = createOpenIdClient({ clientId, clientSecret, server: { metadata: githubMetadata(url) } }),
): OAuthProvider {
  const api = url === PUBLIC ? 'https://api.github.com' : `${url}/api/v3`
  const { issuer } = githubMetadata(url)

  async function claimsOf(accessToken: string) {
    const [user, emails] = await Promise.all([
      client.get(accessToken, `${api}/user`),
      client.get(accessToken, `${api}/user/emails`),
    ])
    // The login can be changed, and another account can get it.
    const id = (user as { id?: unknown } | null)?.id
    if (!Number.isSafeInteger(id) || (id as number) <= 0)
      throw new ProviderRefusal('the provider did not name the user')
    const primary = primaryOf(emails)
    return { iss: issuer, sub: String(id), email: primary?.email, email_verified: primary?.verified === true }
  }

  return {
    // It can't be asked for a fresh proof.
    authorizationUrl: (checks) => client.authorizationUrl(checks, { scope: scopes }),

    async exchange(response, checks) {
      const { tokens } = await client.exchange(response, checks)
      return { tokens: toProviderTokens(tokens), claims: await claimsOf(tokens.access_token) }
    },

    refresh: async (refreshToken) => toProviderTokens(await client.refresh(refreshToken)),

    async revoke({ accessToken }) {
      const credentials = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
      await requestProvider(new URL(`${api}/applications/${encodeURIComponent(clientId)}/grant`), {
        ...{ ...BOUNDS, method: 'DELETE', body: JSON.stringify({ access_token: accessToken }) },
        headers: { authorization: `Basic ${credentials}`, accept: 'application/json', 'user-agent': 'Postern' },
      })
    },

    probe: client.probe,
  }
}

/** The one that GitHub writes to. The address of the profile says nothing: people choose it. */
function primaryOf(emails: unknown): { email: string; verified: unknown } | undefined {
  const list = Array.isArray(emails) ? (emails as unknown[]) : []
  for (const entry of list) {
    const { email, primary, verified } = (entry ?? {}) as Record<string, unknown>
    if (primary === true && typeof email === 'string') return { email, verified }
  }
  return undefined
}

// Speaks OAuth 2 and OpenID Connect with a provider, and refuses every answer that the protocols do not allow.
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  type CustomFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchProtectedResource,
  fetchUserInfo,
  refreshTokenGrant,
  type ServerMetadata,
  type TokenEndpointResponse,
  tokenRevocation,
} from 'openid-client'
import { asProviderError, ProviderRefusal } from './openid-errors.js'
import { fetchWithin } from './provider-requests.js'

const BOUNDS = { timeoutMs: 5000, maxBytes: 256 * 1024 }

/** For how long a discovery document is used before it is read again, and how soon that is repeated. */
const DISCOVERY_MS = 3_600_000
const REPEAT_MS = 60_000

interface Settings {
  clientId: string
  clientSecret: string
  /** The discovery document of the issuer, or metadata of a provider that has none. */
  server: { issuer: string } | { metadata: ServerMetadata }
  fetch?: CustomFetch
  monotonic?: () => number
}

/** What a sign-in has fixed when it began. */
export interface SignInChecks {
  redirectUri: string
  state: string
  codeVerifier: string
  /** Null for a provider without ID tokens. */
  nonce: string | null
}

/** What the browser brought back. */
export interface AuthorizationResponse {
  code: string
  state: string
  iss: string | null
}

export type Tokens = Pick<TokenEndpointResponse, 'access_token' | 'refresh_token' | 'expires_in'>

/** Providers accept the secret in the body or in a header; by the standard, those that do not say it want the header. */
const authenticateWith = (secret: string): ClientAuth => {
  const [inBody, inHeader] = [ClientSecretPost(secret), ClientSecretBasic(secret)]
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const authenticate = methods.includes('client_secret_basic') ? inHeader : inBody
    return authenticate(server, client, body, headers)
  }
}

const boundedFetch: CustomFetch = (url, { method, headers, body, signal }) =>
  fetchWithin(url, {
    ...{ ...BOUNDS, method, headers, body: body as RequestInit['body'] & {} },
    ...(signal && { signal }),
  })

/** Every call rejects with ProviderFailure if the provider can't be used now, and with ProviderRefusal if it refuses. */
export function createOpenIdClient(settings: Settings) {
  const { clientId, clientSecret, server, fetch = boundedFetch, monotonic = () => performance.now() } = settings
  const authentication = authenticateWith(clientSecret)
  const address = 'issuer' in server ? server.issuer : server.metadata.issuer
  // Only on this machine: the configuration refuses plain HTTP to others. The library marks it so that it stands out.
  const insecure: ((configuration: Configuration) => void)[] = []
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (address.startsWith('http:')) insecure.push(allowInsecureRequests)

  let known: { configuration: Configuration; until: number } | null = null
  let pending: Promise<Configuration> | null = null

  function configurationOf(metadata: ServerMetadata): Configuration {
    const configuration = new Configuration(metadata, clientId, clientSecret, authentication)
    configuration[customFetch] = fetch
    for (const extend of insecure) extend(configuration)
    return configuration
  }

  async function discover(issuer: string): Promise<Configuration> {
    const execute = [...insecure, enableNonRepudiationChecks]
    return discovery(new URL(issuer), clientId, clientSecret, authentication, { execute, [customFetch]: fetch })
  }

  /** The last document is used for longer while the provider can't be reached. */
  async function load(issuer: string): Promise<Configuration> {
    try {
      const configuration = await discover(issuer)
      known = { configuration, until: monotonic() + DISCOVERY_MS }
      return configuration
    } catch (error) {
      if (!known) throw error
      known.until = monotonic() + REPEAT_MS
      return known.configuration
    }
  }

  function current(): Promise<Configuration> {
    if (known && known.until > monotonic()) return Promise.resolve(known.configuration)
    if ('metadata' in server) {
      known = { configuration: configurationOf(server.metadata), until: Infinity }
      return Promise.resolve(known.configuration)
    }
    return (pending ??= load(server.issuer).finally(() => (pending = null)))
  }

  const using = async <Result>(work: (configuration: Configuration) => Promise<Result>): Promise<Result> => {
    try {
      return await work(await current())
    } catch (error) {
      throw asProviderError(error)
    }
  }

  return {
    authorizationUrl: (checks: SignInChecks, parameters: Readonly<Record<string, string>>): Promise<string> =>
      using(async (configuration) => {
        const url = buildAuthorizationUrl(configuration, {
          ...parameters,
          redirect_uri: checks.redirectUri,
          state: checks.state,
          code_challenge: await calculatePKCECodeChallenge(checks.codeVerifier),
          code_challenge_method: 'S256',
          ...(checks.nonce !== null && { nonce: checks.nonce }),
        })
        return url.href
      }),

    /** Exchanges the code. The claims are those of a verified ID token; null without one. */
    exchange: (response: AuthorizationResponse, checks: SignInChecks) =>
      using(async (configuration) => {
        const url = new URL(checks.redirectUri)
        const { code, state, iss } = response
        url.search = new URLSearchParams({ code, state, ...(iss !== null && { iss }) }).toString()
        const tokens = await authorizationCodeGrant(configuration, url, {
          expectedState: checks.state,
          pkceCodeVerifier: checks.codeVerifier,
          ...(checks.nonce !== null && { expectedNonce: checks.nonce, idTokenExpected: true }),
        })
        return { tokens, claims: checks.nonce === null ? null : (tokens.claims() ?? null) }
      }),

    refresh: (refreshToken: string): Promise<Tokens> =>
      using((configuration) => refreshTokenGrant(configuration, refreshToken)),

    /** Null if the provider has no such endpoint. */
    userInfo: (accessToken: string, subject: string) =>
      using(async (configuration) =>
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? null
          : fetchUserInfo(configuration, accessToken, subject),
      ),

    /** Does nothing if the provider can't revoke tokens. */
    revoke: (token: string): Promise<void> =>
      using(async (configuration) => {
        if (configuration.serverMetadata().revocation_endpoint !== undefined)
          await tokenRevocation(configuration, token)
      }),

    /** Reads JSON from the provider's API. */
    get: (accessToken: string, url: string): Promise<unknown> =>
      using(async (configuration) => {
        const headers = new Headers({ accept: 'application/json' })
        const response = await fetchProtectedResource(configuration, accessToken, new URL(url), 'GET', null, headers)
        if (response.status !== 200) throw new ProviderRefusal('the API of the provider refuses the access token')
        return (response.json() as Promise<unknown>).catch(() => {
          throw new ProviderRefusal('the API of the provider did not answer with JSON')
        })
      }),

    /** Rejects if the provider does not respond. */
    probe: async (): Promise<void> => {
      const headers = { accept: 'application/json', 'user-agent': 'Postern' }
      const path = 'issuer' in server ? '/.well-known/openid-configuration' : ''
      await fetch(`${address.replace(/\/$/, '')}${path}`, {
        method: 'GET',
        headers,
        body: undefined,
        redirect: 'manual',
      })
    },
  }
}

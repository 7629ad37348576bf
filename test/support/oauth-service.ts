// A service with providers of every shape, which the test's own servers play.
import { startGithubServer } from './github-server.js'
import { APP_URL, createOAuthBrowser } from './oauth-browser.js'
import { startOpenIdServer } from './openid-server.js'
import { startService } from './service.js'

/** A frontend that handles the redirect itself. */
export const FRONTEND = 'https://app.example.com'

export type OAuthTestService = Awaited<ReturnType<typeof startOAuthService>>

export async function startOAuthService(env: Record<string, string> = {}) {
  const redirectsOf = (name: string) => [`${APP_URL}/oauth/${name}/callback`, `${FRONTEND}/callback`]
  const [google, microsoft, github, acme] = await Promise.all([
    startOpenIdServer({ redirectUris: redirectsOf('google') }),
    startOpenIdServer({ redirectUris: redirectsOf('microsoft'), path: '/common/v2.0' }),
    startGithubServer(),
    startOpenIdServer({ redirectUris: redirectsOf('acme'), claimsInUserInfo: true }),
  ])
  const service = await startService({
    APP_URL,
    WEB: 'true',
    ALLOWED_ORIGINS: FRONTEND,
    GOOGLE_URL: google.issuer,
    GOOGLE_CLIENT_ID: google.client.client_id,
    GOOGLE_CLIENT_SECRET: google.client.client_secret,
    MICROSOFT_URL: microsoft.origin,
    MICROSOFT_CLIENT_ID: microsoft.client.client_id,
    MICROSOFT_CLIENT_SECRET: microsoft.client.client_secret,
    GITHUB_URL: github.origin,
    GITHUB_CLIENT_ID: github.client.client_id,
    GITHUB_CLIENT_SECRET: github.client.client_secret,
    OIDC_ACME_ISSUER: acme.issuer,
    OIDC_ACME_CLIENT_ID: acme.client.client_id,
    OIDC_ACME_CLIENT_SECRET: acme.client.client_secret,
    OIDC_ACME_SCOPES: 'openid email profile offline_access',
    OIDC_ACME_LABEL: 'Acme SSO',
    ...env,
  })
  const providers = { google, microsoft, github, acme }

  return {
    ...service,
    providers,
    browser: () => createOAuthBrowser(service.url),

    /** Signs in from the sign-in page, up to the callback, which is not visited yet. */
    async upToCallback(browser: ReturnType<typeof createOAuthBrowser>, provider: string, query = ''): Promise<string> {
      return browser.follow(`${APP_URL}/oauth/${provider}/start${query}`, `${APP_URL}/oauth/`)
    },

    async stop() {
      await service.stop()
      await Promise.all(Object.values(providers).map((one) => one.stop()))
    },
  }
}

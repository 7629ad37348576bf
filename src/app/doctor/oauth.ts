// Checks the sign-in providers: whether they respond, and whether their metadata are those of the configured issuer.
import { ProviderFailure } from '../../clients/provider-requests.js'
import type { Config, OAuthProviderSettings } from '../../config/index.js'
import { createOAuthProvider } from '../oauth-providers.js'
import { type Finding, ok, problem, warning } from './finding.js'

/** Not from a real sign-in: the check only requests the metadata. */
const CHECKS = { redirectUri: 'https://example.com/', state: 'doctor', codeVerifier: 'd'.repeat(43), nonce: 'doctor' }

const VARIABLES: Record<OAuthProviderSettings['kind'], (name: string) => string> = {
  google: () => 'GOOGLE_URL',
  github: () => 'GITHUB_URL',
  microsoft: () => 'MICROSOFT_URL and MICROSOFT_TENANT',
  oidc: (name) => `OIDC_${name.toUpperCase().replaceAll('-', '_')}_ISSUER`,
}

export const checkOAuth = ({ OAUTH_PROVIDERS }: Config): Promise<Finding[]> =>
  Promise.all(OAUTH_PROVIDERS.map((settings) => checkProvider(settings)))

async function checkProvider(settings: OAuthProviderSettings): Promise<Finding> {
  const { kind, name, label, issuer } = settings
  const subject = `Sign-in with ${label}`
  const variable = VARIABLES[kind](name)
  const provider = createOAuthProvider(settings)
  try {
    // GitHub has no metadata. For the others, the library compares the issuer.
    await (kind === 'github' ? provider.probe() : provider.authorizationUrl(CHECKS, false))
    return ok(subject, issuer)
  } catch (error) {
    const text = (error as Error).message
    if (error instanceof ProviderFailure)
      return warning(subject, `${text}; until then, no one can sign in with it`, `Check ${variable} and the way to it.`)
    const advice = `Set ${variable} so that it leads to the discovery document, exactly as the "issuer" in it.`
    return problem(subject, `${issuer} has no discovery document, or one of another issuer: ${text}`, advice)
  }
}

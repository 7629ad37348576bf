// Sign-in with providers: Google, GitHub, Microsoft, and any that speaks OpenID Connect.
import type { OAuthLinking } from './linking.js'
import type { OAuthService } from './oauth.js'
import type { Providers } from './providers.js'
import type { AccessTokens } from './tokens.js'

export { createFlows, FLOW_SECONDS, type Initiation } from './flows.js'
export { createGrants, type Grants } from './grants.js'
export { createJoining } from './joining.js'
export { createOAuthLinking } from './linking.js'
/** @public The generated types use it: tools/build/codegen.mjs. */
export type { ListedAccount } from './linking.js'
export { type CallbackResult, createOAuthService } from './oauth.js'
export { createProviders } from './providers.js'
export { createRedirects } from './redirects.js'
export { createOAuthSignIn } from './sign-in.js'
export { createAccessTokens, createTokenVault } from './tokens.js'

export interface OAuthServices {
  /** Empty without providers. */
  providers: Providers['list']
  flows: OAuthService
  linking: Pick<OAuthLinking, 'list' | 'unlink'>
  accessToken: AccessTokens
}

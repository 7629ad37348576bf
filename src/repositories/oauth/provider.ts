// What a provider does for a sign-in, whether it speaks OpenID Connect or only OAuth 2.
import type { AuthorizationResponse, SignInChecks, Tokens } from '../../clients/openid-client.js'

export { ProviderRefusal } from '../../clients/openid-errors.js'
export type { AuthorizationResponse, SignInChecks } from '../../clients/openid-client.js'

/** With which this service can call the provider's API for a person. */
export interface ProviderTokens {
  accessToken: string
  refreshToken: string | null
  /** Seconds from now. Null if the provider does not say it. */
  expiresIn: number | null
}

/** What the provider says about a person. Only `iss` and `sub` identify the account. */
export interface ProviderClaims extends Readonly<Record<string, unknown>> {
  readonly iss: string
  readonly sub: string
}

/** Each call rejects with ProviderRefusal if the provider refuses, and with another error if it can't be used now. */
export interface OAuthProvider {
  /** Where the browser is sent. `isFresh`: the provider shall ask the person for a proof, and say when they gave it. */
  authorizationUrl(checks: SignInChecks, isFresh: boolean): Promise<string>
  /** Exchanges the code that the browser brought back. */
  exchange(
    response: AuthorizationResponse,
    checks: SignInChecks,
  ): Promise<{ tokens: ProviderTokens; claims: ProviderClaims }>
  refresh(refreshToken: string): Promise<ProviderTokens>
  /** Ends what the person has granted. */
  revoke(tokens: ProviderTokens): Promise<void>
  /** Something small that shows whether the provider responds. */
  probe(): Promise<void>
}

export function toProviderTokens({ access_token, refresh_token, expires_in }: Tokens): ProviderTokens {
  return { accessToken: access_token, refreshToken: refresh_token ?? null, expiresIn: expires_in ?? null }
}

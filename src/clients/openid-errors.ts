// What the errors of a provider mean: it can't be used now, or it refuses.
import { ClientError, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { ProviderFailure } from './provider-requests.js'

/**
 * The provider has answered, and the answer ends the sign-in. The message names a rule of the protocol and contains nothing
 * that the provider or the browser sent.
 */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal'
  /** True if the provider does not accept the credentials of this service: its operator has to correct them. */
  readonly isMisconfigured: boolean

  constructor(
    message: string,
    { isMisconfigured = false, cause }: { isMisconfigured?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.isMisconfigured = isMisconfigured
  }
}

/** The credentials of this service, not those of the person. */
const ABOUT_CLIENT = ['invalid_client', 'unauthorized_client']

/** The error of RFC 6749 that the provider sent, in the body or in a header. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof ResponseBodyError) return error.error
  return error instanceof WWWAuthenticateChallengeError ? (error.cause[0]?.parameters.error ?? '') : undefined
}

/** The library wraps what its fetch throws. */
export function asProviderError(error: unknown): Error {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ProviderFailure || cause instanceof ProviderRefusal) return cause
  const said = codeOf(error)
  if (said !== undefined) {
    const isMisconfigured = ABOUT_CLIENT.includes(said)
    const shown = /^[a-z_]{1,40}$/.test(said) ? said : 'an error'
    return new ProviderRefusal(`the provider answered ${shown}`, { isMisconfigured })
  }
  // The messages of the library are fixed. Its causes contain what was sent.
  const rule = error instanceof ClientError && error.code !== undefined ? ` (${error.code})` : ''
  return new ProviderRefusal(`the answer of the provider is not valid${rule}`)
}

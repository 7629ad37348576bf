// Why a sign-in at a provider ends without a session. The message is the same for every attack.
import { ServiceError } from '@postern/service/errors'

/** The state, the code, the browser or an answer of the provider is not the right one. The cause is for the log only. */
export const oauthFailed = (cause?: unknown): ServiceError => new ServiceError('OAUTH_FAILED', { cause })

/** No user has this account of the provider, and the provider does not vouch for an address. */
export const notLinked = (label: string): ServiceError =>
  new ServiceError('OAUTH_NOT_LINKED', {
    message: `Your ${label} account is not linked yet. Sign in another way or create an account, then add ${label} to your sign-in methods.`,
  })

export const alreadyLinked = (label: string): ServiceError =>
  new ServiceError('OAUTH_ALREADY_LINKED', {
    message: `This ${label} account belongs to another user, or you have linked one of ${label} already.`,
  })

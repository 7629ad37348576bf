// Where the browser goes after it came back from a provider: on its way, or to the page that says what went wrong.
import type { ServiceError } from '@postern/service/errors'
import type { CallbackResult } from '../services/oauth/index.js'

type Ended = Omit<CallbackResult, 'error'> & { error: ServiceError | null }

/** The pages know words for each code. Nothing that the provider sent is passed on. */
export function placeAfter({ purpose, returnTo, error }: Ended): string {
  if (!error) return returnTo ?? '/account'
  if (purpose === 'LINK') return `/account?oauth_error=${error.code}#sign-in-methods`
  const query = returnQuery(returnTo)
  if (error.code === 'MFA_REQUIRED') return `/sign-in${asQuery(query)}#${challengeOf(error)}`
  query.set('oauth_error', error.code)
  return `/sign-in${asQuery(query)}`
}

/** Where the person begins, on the way to `returnTo`. */
export const signInPage = (returnTo: string | null): string => `/sign-in${asQuery(returnQuery(returnTo))}`

const returnQuery = (returnTo: string | null): URLSearchParams =>
  new URLSearchParams({ ...(returnTo !== null && returnTo !== '/account' && { return_to: returnTo }) })

const asQuery = (query: URLSearchParams): string => (query.size > 0 ? `?${query.toString()}` : '')

/** In the fragment, which no server gets. The page takes it out of the address at once. */
function challengeOf({ details = {} }: ServiceError): string {
  const { challenge, methods, expiresAt } = details
  return new URLSearchParams({
    mfa: String(challenge),
    methods: Array.isArray(methods) ? methods.join(',') : '',
    expires: String(expiresAt),
  }).toString()
}

// Where a sign-in may send the browser: allowed origins, and paths of the pages.
import { invalidField } from '@postern/service/errors'
import { returnTarget } from '../../platform/return-target.js'

/** As long as the column. */
const MAX_LENGTH = 2048

export type Redirects = ReturnType<typeof createRedirects>

/** `appUrl`: of the pages, without a slash at its end. */
export function createRedirects({ appUrl, allowedOrigins }: { appUrl: string; allowedOrigins: readonly string[] }) {
  const { host, origin } = new URL(appUrl)
  const refused = (message: string) => invalidField('redirectTo', message)

  /** A path of the pages, or a URL of an allowed origin. Throws INVALID_INPUT. */
  function allowed(redirectTo: string): string {
    const target = returnTarget(redirectTo, { host, allowedOrigins })
    if (target === null || target.length > MAX_LENGTH)
      throw refused('Redirect to must be a path, or a URL of an origin in ALLOWED_ORIGINS.')
    return target
  }

  return {
    /** Of the service's own callback, as it is registered at the provider. */
    callbackOf: (provider: string): string => `${appUrl}/oauth/${provider}/callback`,

    allowed,

    /** A page that handles the redirect itself. Providers compare its URL character by character. Throws INVALID_INPUT. */
    ofFrontend(redirectTo: string): string {
      const target = allowed(redirectTo)
      const url = new URL(target, origin)
      if (url.search || url.hash || redirectTo.includes('#') || redirectTo.includes('?'))
        throw refused('Redirect to must have no query and no fragment: providers compare it with what is registered.')
      return url.href
    },
  }
}
